// SPDX-License-Identifier: AGPL-3.0-or-later
// Merges that will hurt: claims of different owners, on different branches, on the same files.
//
// Each branch has a worktree of its own, so the hub sees no overlap and grants both; git sees it
// when they are merged. Worktrees are therefore ignored here, and what counts is the repository:
// two claims are no pair if both name one and they differ. Two detached HEADs are different
// branches.
#pragma once

#include <string>
#include <vector>

#include "git/branch_claim.hpp"
#include "git/repository.hpp"

namespace synapse::git {

struct PredictedConflict {
  const BranchClaim* first;
  const BranchClaim* second;
  std::vector<std::string> paths;  // Sorted; none: both have the whole worktree.
};

// All pairs, in the claims' order. The result points into the claims.
[[nodiscard]] std::vector<PredictedConflict> predict_conflicts(
    const std::vector<BranchClaim>& claims);

// Keeps of each pair the files that both branches really changed, and drops it if there are none.
// A pair that git can't tell about stays as it is: another repository's, a detached HEAD, a branch
// that is not here.
[[nodiscard]] std::vector<PredictedConflict> with_changed_files(
    std::vector<PredictedConflict> conflicts, const Git& git);

}  // namespace synapse::git
