// SPDX-License-Identifier: AGPL-3.0-or-later
// The program: the list of its commands, and how words become a call of one of them.
#pragma once

#include <span>
#include <string>

#include "cli/command.hpp"

namespace synapse::cli {

// Every command there is, in the order of the help.
[[nodiscard]] std::span<const Command> all_commands();

// Runs the command that the words (without the program's name) say. Returns the exit code.
[[nodiscard]] int run(Context& context, std::span<const std::string> words);

}  // namespace synapse::cli
