// SPDX-License-Identifier: AGPL-3.0-or-later
// Which worktree and which paths of it somebody means who names files on a command line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace synapse::cli {

struct ClaimScope {
  std::string worktree;  // Blank outside a git repository.
  std::vector<std::string> paths;
};

// Inside a repository: its top level, and the paths relative to it, from whatever folder of it they
// were given; symbolic links resolved, globs kept. An Error names a path outside of it. Elsewhere
// the paths as given: there is no folder that all agents would take them from.
[[nodiscard]] Result<ClaimScope> resolve_claim_scope(const std::vector<std::string>& paths,
                                                     const std::filesystem::path& folder);

}  // namespace synapse::cli
