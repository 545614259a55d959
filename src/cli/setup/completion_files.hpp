// SPDX-License-Identifier: AGPL-3.0-or-later
// Completions as files of one user, where the shells look for them by themselves, for people who
// have the program from no package. `synapse completion --install` and `--remove`.
#pragma once

#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"
#include "cli/args/completion.hpp"

namespace synapse::cli {

// What was done, a line a file, and what is left to do. Files that are not ours are left alone.
// Error: no home, or a file that can't be written.
[[nodiscard]] Result<std::vector<std::string>> install_completions(
    const base::Environment& environment, Shell shell);
[[nodiscard]] Result<std::vector<std::string>> remove_completions(
    const base::Environment& environment, Shell shell);

}  // namespace synapse::cli
