// SPDX-License-Identifier: AGPL-3.0-or-later
// Where programs are: this one, to be written into what shall run it later, and those of the PATH.
#pragma once

#include <filesystem>
#include <string>

#include "cli/context.hpp"

namespace synapse::cli {

// The absolute path by which it was started. A link stays a link: it is what an update of the
// program moves along, unless it has another name, which would make the program another. Blank if
// there is no telling.
[[nodiscard]] std::filesystem::path this_program(const Context& context);

// What a shell runs by this name or path; blank: nothing.
[[nodiscard]] std::filesystem::path find_program(const Context& context, const std::string& name);

}  // namespace synapse::cli
