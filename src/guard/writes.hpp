// SPDX-License-Identifier: AGPL-3.0-or-later
// What a shell command has written of the files that others hold, as far as their times tell.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wire/hook.hpp"

namespace synapse::guard {

// Those of these files below a worktree that have changed since a moment (wall seconds). A file
// that was put there in place of another counts as changed, one that is gone does not.
[[nodiscard]] std::vector<wire::HookWrite> changed_since(const std::filesystem::path& worktree,
                                                         const std::vector<std::string>& paths,
                                                         double since);

}  // namespace synapse::guard
