// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/lease_mending.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "core/scope.hpp"
#include "store/event_codec.hpp"

namespace synapse::store {

namespace {

std::string task_of_owner(const core::Lease& lease) {
  return "task '" + lease.task_id.text + "' of " + lease.owner.text;
}

// What is wrong with a lease by itself; mended then.
std::vector<std::string> mend(core::Lease& lease, const core::Limits& limits, base::Moment start) {
  std::vector<std::string> wrong;
  const auto ttl_max = static_cast<double>(limits.lease_ttl_max.count());
  if (lease.expires_at > start.wall + ttl_max) {
    const double days = (lease.expires_at - start.wall) / 86'400;
    wrong.push_back("would end in " +
                    (days < 1e6 ? std::to_string(std::llround(days)) : "millions of") +
                    " days: it ends in " + std::to_string(limits.lease_ttl_max.count() / 86'400));
    lease.expires_at = start.wall + ttl_max;
    lease.deadline = start.mono + limits.lease_ttl_max;
  }
  if (lease.epoch.value == clamped_number) {
    wrong.emplace_back("had an epoch too large to count on from: it is " +
                       std::to_string(clamped_number));
  }
  std::vector<std::string> paths = core::normalise_scope(lease.paths, limits);
  if (lease.coverage == core::Coverage::files && !lease.paths.empty() && paths != lease.paths) {
    wrong.emplace_back("had paths that were not normalised");
    lease.paths = std::move(paths);
  }
  return wrong;
}

}  // namespace

std::vector<std::string> mend_leases(core::Machine& machine, base::Moment start) {
  std::vector<std::string> told;
  std::vector<core::Lease> mended;
  for (const auto& [task_id, lease] : machine.leases().all()) {
    core::Lease copy = lease;
    const std::vector<std::string> wrong = mend(copy, machine.limits(), start);
    for (const std::string& one : wrong) told.push_back(task_of_owner(lease) + " " + one);
    if (!wrong.empty()) mended.push_back(std::move(copy));
  }
  for (core::Lease& lease : mended) machine.replay(core::TaskUpdated{std::move(lease)});
  // Of a start, in all: about half a second.
  core::Effort effort(500'000'000);
  std::set<std::pair<TaskId, TaskId>> pairs;
  for (const auto& [task_id, lease] : machine.leases().all()) {
    if (lease.coverage != core::Coverage::files) continue;
    const core::Lease* other =
        machine.leases().scopes().find_conflict(lease.worktree, lease.paths, lease.owner, effort);
    if (effort.is_spent()) {
      told.emplace_back("not all leases were compared with each other: that would take too long");
      break;
    }
    if (other == nullptr || !pairs.insert(std::minmax(task_id, other->task_id)).second) continue;
    told.push_back(task_of_owner(lease) + " and " + task_of_owner(*other) +
                   " hold the same files; both keep them");
  }
  return told;
}

}  // namespace synapse::store
