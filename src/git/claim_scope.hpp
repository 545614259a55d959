// SPDX-License-Identifier: AGPL-3.0-or-later
// Which worktree and which paths of it somebody means who names files: one answer for every command
// and server that claims them, for two that differ would let two agents into one file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::git {

struct ClaimScope {
  std::string worktree;  // Blank outside a git repository.
  std::vector<std::string> paths;
};

// Inside a repository: its top level, and the paths relative to it, from whatever folder of it they
// were given; symbolic links resolved, globs kept. An Error names a path outside of it. Elsewhere
// the paths as given: there is no folder that all agents would take them from. The environment is
// asked for GIT_DIR and GIT_WORK_TREE: see place.hpp.
[[nodiscard]] Result<ClaimScope> resolve_claim_scope(
    const std::vector<std::string>& paths, const std::filesystem::path& folder,
    const base::Environment& environment = base::FixedEnvironment({}));

// The same where the top level is known.
[[nodiscard]] Result<ClaimScope> resolve_claim_scope_in(const std::filesystem::path& top_level,
                                                        const std::vector<std::string>& paths,
                                                        const std::filesystem::path& folder);

}  // namespace synapse::git
