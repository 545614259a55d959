// SPDX-License-Identifier: AGPL-3.0-or-later
// How the paths of a claim grow and shrink while it is held: it keeps its epoch, its checkpoint and
// its status, and is never widened to more than was asked for.
#include <algorithm>
#include <set>

#include "core/lease_rules.hpp"
#include "core/refusals.hpp"
#include "core/scope.hpp"
#include "core/scope_cover.hpp"

namespace synapse::core {

namespace {

bool covers_whole_worktree(const Lease& lease) {
  return lease.paths.empty() || lease.paths.front().empty();
}

}  // namespace

Decision LeaseRules::extend(const ExtendLease& command) const {
  const TaskId& id = command.task_id;
  if (auto refusal = not_mine(id, command.epoch)) return std::move(*refusal);
  const Lease& held = *leases.find(id);
  if (held.coverage == Coverage::none) {
    return refuse_for(held, ErrorCode::illegal_transition, id,
                      "Task " + quoted(id) + " covers no files; claim them under another task.");
  }
  const auto is_whole = [](const std::string& path) { return normalise_path(path).empty(); };
  if (command.paths.empty() || std::any_of(command.paths.begin(), command.paths.end(), is_whole)) {
    return refuse_for(held, ErrorCode::blank_scope, id,
                      "Name the paths that task " + quoted(id) +
                          " is to cover as well; the whole worktree is claimed by claiming it.");
  }
  Lease lease = held;
  std::vector<std::string> added;
  if (!covers_whole_worktree(held)) {
    lease.paths.insert(lease.paths.end(), command.paths.begin(), command.paths.end());
    lease.paths = normalise_scope(lease.paths, limits);
    // A longer list would have been widened to the whole worktree.
    if (covers_whole_worktree(lease)) {
      return refuse_for(
          held, ErrorCode::scope_full, id,
          "Task " + quoted(id) + " can't cover so many paths; claim them under another task.");
    }
    const std::set<std::string_view> before(held.paths.begin(), held.paths.end());
    for (const std::string& path : lease.paths) {
      if (!before.contains(path)) added.push_back(path);
    }
  }
  if (!added.empty()) {
    if (auto obstacle = growth_obstacle(held, added)) return std::move(*obstacle);
  }
  start_term(lease, lease_seconds(command.ttl));
  if (!command.ttl) keep_longer_term(lease, held);
  if (auto full = room_obstacle(lease)) return std::move(*full);
  return Event(LeaseExtended{std::move(lease), std::move(added)});
}

// What is in the way of more paths: leases, and claims that were waiting for them before.
std::optional<Refusal> LeaseRules::growth_obstacle(const Lease& held,
                                                   const std::vector<std::string>& added) const {
  const TaskId& id = held.task_id;
  if (auto other = scope_obstacle(id, held.worktree, added, {actor, held.party})) return other;
  ClaimTask growth;
  growth.task_id = id;
  growth.worktree = held.worktree;
  growth.paths = added;
  growth.party = held.party;
  if (auto crowded = pattern_obstacle(growth, leases.scopes())) return crowded;
  // Those that wait for the task itself wait for its end, and not for these files.
  growth.task_id = TaskId();
  const QueuedClaim* ahead = queue.ahead_of(waiting(growth), effort);
  if (ahead != nullptr) {
    // Others wait for what the agent has already: it moves from one of its claims to another.
    leave_out_own(held, growth.paths);
    if (growth.paths.empty()) return std::nullopt;
    ahead = queue.ahead_of(waiting(growth), effort);
  }
  if (ahead == nullptr && effort.is_spent()) return too_dear(id);
  if (ahead == nullptr) return std::nullopt;
  Refusal refusal(ErrorCode::scope_held, id,
                  "What task " + quoted(id) + " would take as well is promised to " +
                      ahead->agent.text + ", which waits for it.");
  refusal.holder = ahead->agent;
  return refusal;
}

void LeaseRules::leave_out_own(const Lease& held, std::vector<std::string>& paths) const {
  for (const TaskId& task : leases.of(actor)) {
    const Lease& own = *leases.find(task);
    if (own.coverage != Coverage::files || own.worktree != held.worktree) continue;
    if (!own.party.empty() && !held.party.empty() && own.party != held.party) continue;
    effort.take(Effort::visit * (own.paths.size() + paths.size()));
    ScopeCover cover(own.paths);
    std::erase_if(paths, [&cover](const std::string& path) { return cover.covers(path); });
  }
}

Decision LeaseRules::narrow(const Lease& held, const std::vector<std::string>& paths) const {
  std::vector<std::string> given;
  for (const std::string& path : paths) given.push_back(normalise_path(path));
  const auto is_blank = [](const std::string& path) { return path.empty(); };
  if (given.empty() || std::any_of(given.begin(), given.end(), is_blank)) {
    return refuse_for(held, ErrorCode::blank_scope, held.task_id,
                      "Name the paths of task " + quoted(held.task_id) +
                          " that are given back, or release all of it.");
  }
  Lease lease = held;
  std::vector<std::string> given_up;
  if (held.coverage == Coverage::files && !covers_whole_worktree(held)) {
    ScopeCover given_back(given);
    lease.paths.clear();
    for (const std::string& path : held.paths) {
      (given_back.covers(path) ? given_up : lease.paths).push_back(path);
    }
    if (lease.paths.empty()) return Event(LeaseReleased{held.task_id, actor});
  }
  return Event(LeaseNarrowed{std::move(lease), std::move(given_up)});
}

}  // namespace synapse::core
