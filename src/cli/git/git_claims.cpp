// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/git/git_claims.hpp"

#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli {

std::vector<git::BranchClaim> branch_claims_of(const Json& frame) {
  std::vector<git::BranchClaim> claims;
  for (const Json& from : member(member(frame, "snapshot"), "active_claims")) {
    const Json& git = member(from, "git");
    git::BranchClaim claim;
    claim.branch = text_of(git, "branch");
    if (claim.branch.empty()) continue;
    claim.base = text_of(git, "base");
    claim.auto_release_on = text_of(git, "auto_release_on");
    claim.repo = text_of(git, "repo");
    claim.task_id = text_of(from, "task_id");
    claim.owner = text_of(from, "owner");
    claim.worktree = text_of(from, "worktree");
    claim.paths = texts_of(from, "paths");
    if (text_of(from, "scope") == "none") claim.covers = git::BranchClaim::Covers::nothing;
    const Json& epoch = member(from, "epoch");
    if (epoch.is_number_unsigned()) claim.epoch = epoch.get<std::uint64_t>();
    claims.push_back(std::move(claim));
  }
  return claims;
}

void tell_not_there(std::ostream& to, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    to << "note: " << shown(path) << ": no such file yet, and no such folder\n";
  }
}

int complain_of_git(Context& context, const Error& why) {
  context.err << context.command << ": " << shown(why.message) << '\n';
  return exit_code::failed;
}

int explain_git(std::ostream& to, const Error& why) {
  to << "git error: " << shown(why.message) << '\n';
  return exit_code::failed;
}

}  // namespace synapse::cli
