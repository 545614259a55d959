// SPDX-License-Identifier: AGPL-3.0-or-later
// Which claims a commit or a merge ends.
//
// A commit ends claims of its own worktree and branch whose files it changed. A merge is seen where
// it arrives: it ends claims of the repository, made in whatever worktree, that were waiting for
// their branch to come to this one. So merging main into a branch, to keep up, ends nothing on that
// branch as long as its base is another one. A commit that concludes a merge (after a conflict git
// runs no post-merge hook) is both. Rebasing ends nothing: meanwhile no branch is checked out.
#pragma once

#include <filesystem>
#include <vector>

#include "git/branch_claim.hpp"
#include "git/repository.hpp"

namespace synapse::git {

// Those of the owner's claims that might be ended, told without running git: usually none, and then
// the hook is done.
[[nodiscard]] std::vector<BranchClaim> worth_a_look(std::vector<BranchClaim> claims,
                                                    const std::string& owner, Trigger trigger,
                                                    const std::optional<Place>& place);

struct Ended {
  Trigger by;
  std::vector<BranchClaim> claims;
};

// Those that the trigger ends, by what ends them. The place is the hook's.
[[nodiscard]] Result<std::vector<Ended>> ended_by(Trigger trigger,
                                                  const std::vector<BranchClaim>& claims,
                                                  const Git& git,
                                                  const std::optional<Place>& place);

}  // namespace synapse::git
