// SPDX-License-Identifier: AGPL-3.0-or-later
// Where programs are.
#pragma once

#include <filesystem>
#include <string>

#include "base/environment.hpp"

namespace synapse::base {

// What a shell in this folder runs by this name or path, by the PATH of that environment; blank:
// nothing.
[[nodiscard]] std::filesystem::path find_program(const std::string& name,
                                                 const std::filesystem::path& folder,
                                                 const Environment& environment);

}  // namespace synapse::base
