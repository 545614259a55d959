// SPDX-License-Identifier: AGPL-3.0-or-later
// Which claims a commit or a merge ends.
//
// A commit ends claims of its own worktree whose files it changed, whatever the branch is called by
// now: agents claim first and branch off later, or rename the branch. A merge is seen where it
// arrives: it ends claims of the repository, made in whatever worktree, that were waiting for their
// branch to come to this one; one whose branch is no longer there waits for the branch that its
// worktree has now. So merging main into a branch, to keep up, ends nothing on that branch as long
// as its base is another one. A commit that concludes a merge (after a conflict git runs no
// post-merge hook) is both. A rebase ends nothing: what it commits has been committed before.
#pragma once

#include <filesystem>
#include <vector>

#include "git/branch_claim.hpp"
#include "git/repository.hpp"

namespace synapse::git {

// Those of the owner's claims, or of all others', that might be ended, told without running git:
// usually none, and then the hook is done. It has nothing to do in a rebase either: see place.hpp.
enum class Whose { owners, others };
[[nodiscard]] std::vector<BranchClaim> worth_a_look(std::vector<BranchClaim> claims,
                                                    const std::string& owner, Trigger trigger,
                                                    const std::optional<Place>& place,
                                                    Whose whose = Whose::owners);

struct Ended {
  Trigger by;
  std::vector<BranchClaim> claims;
  std::string branch;  // That is checked out here.
};

// Those that the trigger ends, by what ends them. The place is the hook's.
[[nodiscard]] Result<std::vector<Ended>> ended_by(Trigger trigger,
                                                  const std::vector<BranchClaim>& claims,
                                                  const Git& git,
                                                  const std::optional<Place>& place);

}  // namespace synapse::git
