// SPDX-License-Identifier: AGPL-3.0-or-later
// The program: how words become a call of one of the commands of cli/command_list.hpp.
#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace synapse::cli {

// Runs the command that the words (without the program's name) say. Returns the exit code.
[[nodiscard]] int run(Context& context, std::span<const std::string> words);

}  // namespace synapse::cli
