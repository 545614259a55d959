// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/holders.hpp"

#include <algorithm>
#include <limits>

#include "client/frames.hpp"
#include "core/scope.hpp"

namespace synapse::client {

Holders::Holders(const Json& claims) : claims_(claims) {
  leases_.reserve(claims.size());
  for (const Json& claim : claims) {
    core::Lease& lease = leases_.emplace_back();
    // By its number: an owner's claims may overlap.
    lease.task_id = TaskId(std::to_string(leases_.size()));
    lease.owner = AgentName(text_member(claim, "owner"));
    lease.worktree = text_member(claim, "worktree");
    lease.paths = wire::texts_member(claim, "paths");
    if (text_member(claim, "scope") == "none") lease.coverage = core::Coverage::none;
    index_.add(lease);
  }
}

std::vector<const Json*> Holders::of(const std::string& worktree,
                                     const std::vector<std::string>& paths) const {
  std::vector<std::string> normal;
  for (const std::string& path : paths) normal.push_back(core::normalise_path(path));
  // This search runs in a command, not in a hub: it may take its time.
  core::Effort effort(std::numeric_limits<std::size_t>::max());
  std::vector<const core::Lease*> found =
      index_.conflicts(worktree, normal, AgentName("nobody, who asks"), effort);
  std::sort(found.begin(), found.end());
  std::vector<const Json*> holders;
  for (const core::Lease* lease : found) {
    holders.push_back(&claims_.at(static_cast<std::size_t>(lease - leases_.data())));
  }
  return holders;
}

}  // namespace synapse::client
