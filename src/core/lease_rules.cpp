// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/lease_rules.hpp"

#include <algorithm>
#include <cmath>

#include "core/refusals.hpp"
#include "core/scope.hpp"
#include "core/scope_cover.hpp"

namespace synapse::core {

namespace {

// The claims that wait for each other could not be followed to the end.
Refusal too_tangled(const TaskId& id) {
  return Refusal(ErrorCode::queue_full, id,
                 "Too many claims wait for each other to tell whether this one would ever come up; "
                 "let some of them come up or release them.");
}

}  // namespace

std::optional<Refusal> LeaseRules::claim_obstacle(const ClaimTask& command) const {
  const TaskId& id = command.task_id;
  if (id.empty()) {
    return Refusal(ErrorCode::blank_task_id, id, "A claim needs a task_id; give it one.");
  }
  const Lease* held = leases.find(id);
  if (held != nullptr && held->owner != actor) {
    // A task is one in all worktrees, which is a surprise to whoever is at work in another.
    const bool is_elsewhere = !held->worktree.empty() && held->worktree != command.worktree;
    return refuse_for(*held, ErrorCode::task_held, id,
                      "Task " + quoted(id) + " is held by " + held->owner.text +
                          (is_elsewhere ? " in " + held->worktree : "") +
                          "; wait for its release, ask for a hand-off, or claim another task.");
  }
  if (command.coverage == Coverage::files) {
    // A claim keeps the party that it began with.
    const Claimant claimant(actor, held == nullptr ? command.party : held->party);
    if (auto other = scope_obstacle(id, command.worktree, command.paths, claimant)) return other;
  }
  if (held == nullptr && leases.count_of(actor) >= limits.claims_per_agent) {
    return Refusal(ErrorCode::claim_quota, id,
                   actor.text + " already holds " + std::to_string(limits.claims_per_agent) +
                       " claims; release one first.");
  }
  return pattern_obstacle(command, leases.scopes());
}

std::optional<Refusal> LeaseRules::scope_obstacle(const TaskId& id, const std::string& worktree,
                                                  const std::vector<std::string>& paths,
                                                  const Claimant& claimant) const {
  const Lease* other = leases.scopes().find_conflict(worktree, paths, claimant, effort);
  if (other == nullptr && effort.is_spent()) return too_dear(id);
  if (other == nullptr) return std::nullopt;
  return refuse_for(*other, ErrorCode::scope_held, id,
                    "Task " + quoted(id) + " would touch " + files_of(other->paths) + ", held by " +
                        other->owner.text + " under task " + quoted(other->task_id) +
                        "; narrow the paths or wait.");
}

Decision LeaseRules::claim(ClaimTask command) const {
  command.paths = normalise_scope(command.paths, limits);
  const Lease* held = leases.find(command.task_id);
  if (command.extent == Extent::added && held != nullptr && held->owner == actor) {
    if (std::optional<Refusal> other = add_to(*held, command)) return std::move(*other);
  }
  if (command.if_own == IfOwn::refuse) {
    if (std::optional<Refusal> own = own_obstacle(command.task_id)) return std::move(*own);
  }
  Decision decision = grant(command);
  if (decision.refusal) tell_of_lapse(*decision.refusal, command.task_id);
  if (command.if_held == IfHeld::refuse) {
    if (decision.refusal || !queue.is_behind()) return decision;
    if (std::optional<Refusal> taken = promised(command)) return std::move(*taken);
    return decision;
  }
  if (!decision.refusal) {
    // Free, but promised: whoever is ready to wait does not overtake those who wait already.
    if (leases.find(command.task_id) != nullptr) return decision;
    const QueuedClaim* ahead = queue.ahead_of(waiting(command), effort);
    if (ahead == nullptr && effort.is_spent()) return too_dear(command.task_id);
    if (ahead == nullptr) return decision;
    Refusal obstacle(ErrorCode::scope_held, command.task_id, "");
    obstacle.holder = ahead->agent;
    return enqueue(std::move(command), std::move(obstacle));
  }
  const ErrorCode code = decision.refusal->error.code;
  if (code != ErrorCode::task_held && code != ErrorCode::scope_held) return decision;
  return enqueue(std::move(command), std::move(*decision.refusal));
}

void LeaseRules::tell_of_lapse(Refusal& refusal, const TaskId& id) const {
  const Lapse* lapse = leases.lapses().find(actor, id);
  if (lapse == nullptr) return;
  refusal.lapsed_at = lapse->lapsed_at;
  refusal.error.message += " The lease of " + actor.text + " itself on " + quoted(id) +
                           " ran out " + length_of(now.wall - lapse->lapsed_at) + " ago.";
}

// While claims are still to be looked at, what they wait for may be free already.
std::optional<Refusal> LeaseRules::promised(const ClaimTask& command) const {
  if (leases.find(command.task_id) != nullptr) return std::nullopt;
  const QueuedClaim* ahead = queue.ahead_of(waiting(command), effort);
  if (ahead == nullptr && effort.is_spent()) return too_dear(command.task_id);
  if (ahead == nullptr) return std::nullopt;
  Refusal refusal(ErrorCode::scope_held, command.task_id,
                  "What task " + quoted(command.task_id) + " would take is about to go to " +
                      ahead->agent.text + ", which waited for it; try again.");
  refusal.holder = ahead->agent;
  return refusal;
}

// Of a claim by one of an agent's processes that is to exclude the others.
std::optional<Refusal> LeaseRules::own_obstacle(const TaskId& id) const {
  if (const Lease* held = leases.find(id); held != nullptr && held->owner == actor) {
    return refuse_for(*held, ErrorCode::task_held, id,
                      "Task " + quoted(id) + " is held by " + actor.text + " itself already.");
  }
  if (queue.find(actor, id) == nullptr) return std::nullopt;
  Refusal refusal(ErrorCode::task_held, id,
                  actor.text + " waits for task " + quoted(id) + " already.");
  refusal.holder = actor;
  return refusal;
}

Decision LeaseRules::grant(const ClaimTask& command) const {
  if (std::optional<Refusal> obstacle = claim_obstacle(command)) return std::move(*obstacle);
  Lease lease;
  const Lease* held = leases.find(command.task_id);
  if (held != nullptr) {
    lease.checkpoint = held->checkpoint;
    lease.data_ref = held->data_ref;
  } else if (const std::string* kept = leases.kept_checkpoint(command.task_id)) {
    lease.checkpoint = *kept;
  }
  lease.task_id = command.task_id;
  lease.owner = actor;
  lease.note = command.note;
  lease.claimed_at = now.wall;
  lease.worktree = command.worktree;
  lease.coverage = command.coverage;
  lease.paths = command.paths;
  lease.epoch = leases.last_epoch().next();
  lease.git = command.git;
  lease.party = held == nullptr ? command.party : held->party;
  lease.origin = command.origin;
  start_term(lease, lease_seconds(command.ttl));
  if (std::optional<Refusal> full = room_obstacle(lease)) return std::move(*full);
  if (held == nullptr) return Event(LeaseGranted{std::move(lease), std::nullopt});
  if (!command.ttl) keep_longer_term(lease, *held);
  if (command.extent == Extent::added) lease.status = held->status;
  std::optional<GivenUp> given_up = given_up_by(lease, *held);
  return Event(LeaseGranted{std::move(lease), std::move(given_up)});
}

// What the agent's new lease on a task no longer covers of its old one.
std::optional<GivenUp> LeaseRules::given_up_by(const Lease& lease, const Lease& held) {
  if (held.coverage == Coverage::none) return std::nullopt;
  const std::vector<std::string> whole{""};
  const std::vector<std::string>& before = held.paths.empty() ? whole : held.paths;
  const bool is_same_tree = lease.coverage == Coverage::files && lease.worktree == held.worktree;
  GivenUp given_up{held.worktree, {}};
  ScopeCover now_covered(lease.paths);
  for (const std::string& path : before) {
    if (!is_same_tree || !now_covered.covers(path)) given_up.paths.push_back(path);
  }
  if (given_up.paths.empty()) return std::nullopt;
  return given_up;
}

// Beside what the agent holds under the task already; the rest of the claim as it was, where the
// command says nothing.
std::optional<Refusal> LeaseRules::add_to(const Lease& held, ClaimTask& command) const {
  if (held.coverage == Coverage::files && command.worktree != held.worktree) {
    return refuse_for(held, ErrorCode::illegal_transition, held.task_id,
                      "Task " + quoted(held.task_id) + " covers files of " + held.worktree +
                          "; claim those of " + command.worktree + " under another task.");
  }
  if (held.coverage == Coverage::files) {
    const bool is_whole = held.paths.empty();
    const bool adds_none = command.paths.empty() || command.coverage == Coverage::none;
    if (is_whole || adds_none) {
      command.paths = held.paths;
    } else {
      command.paths.insert(command.paths.begin(), held.paths.begin(), held.paths.end());
      command.paths = normalise_scope(command.paths, limits);
    }
    command.coverage = Coverage::files;
  }
  if (command.note.empty()) command.note = held.note;
  if (!command.git) command.git = held.git;
  return std::nullopt;
}

QueuedClaim LeaseRules::waiting(const ClaimTask& command) const {
  QueuedClaim claim{actor, command, queue.ticket_for(actor, command), Mono::max()};
  if (command.wait_seconds) {
    claim.deadline = now.mono + base::from_seconds(std::max(0.0, *command.wait_seconds));
  }
  return claim;
}

Decision LeaseRules::enqueue(ClaimTask command, Refusal obstacle) const {
  const TaskId id = command.task_id;
  QueuedClaim claim = waiting(command);
  if (std::optional<Refusal> full = queue_obstacle(claim)) return std::move(*full);
  if (const auto blocker = queue.closes_circle(claim, leases, effort)) {
    // Both claims of the circle, as far as nobody else stands between them.
    std::string has;
    if (obstacle.conflict_task_id && obstacle.holder == *blocker) {
      has = ", who has task " + quoted(*obstacle.conflict_task_id) + ",";
    }
    const Lease* own = queue.awaited(*blocker, actor, leases, effort);
    const std::string awaited = own != nullptr ? "task " + quoted(own->task_id) + " of " : "";
    obstacle.error = {ErrorCode::deadlock, "Waiting for task " + quoted(id) + " would never end: " +
                                               blocker->text + has + " already waits for " +
                                               awaited + actor.text + "; release something first."};
    return obstacle;
  }
  const std::size_t position = queue.position(claim, effort);
  if (effort.is_spent()) return too_tangled(id);
  return Event(ClaimQueued{actor, std::move(command), claim.ticket, claim.deadline,
                           *obstacle.holder, position});
}

Decision LeaseRules::wait_for(const WaitFor& command) const {
  const TaskId& id = command.task_id;
  const Lease* lease = leases.find(id);
  if (lease == nullptr) {
    return Refusal(ErrorCode::nothing_to_wait_for, id,
                   "Task " + quoted(id) + " is free; claim it instead of waiting.");
  }
  if (lease->owner == actor) {
    Refusal refusal(ErrorCode::own_task, id,
                    "Task " + quoted(id) + " is your own; there is nothing to wait for.");
    return refusal;
  }
  const bool closes_circle = queue.closes_circle(actor, lease->owner, leases, effort).has_value();
  if (effort.is_spent()) return too_tangled(id);
  if (closes_circle) {
    return refuse_for(*lease, ErrorCode::deadlock, id,
                      "Waiting for " + lease->owner.text +
                          " would never end: it already waits for " + actor.text +
                          "; release something first.");
  }
  return Event(WaitStarted{actor, id, lease->owner});
}

double LeaseRules::lease_seconds(const std::optional<double>& ttl) const {
  const auto seconds = [](std::chrono::seconds s) { return static_cast<double>(s.count()); };
  // Absurd rather than long: somebody's bug, which the default serves better than the longest
  // lease.
  constexpr double absurd = 1e12;
  if (!ttl || !std::isfinite(*ttl) || std::fabs(*ttl) > absurd)
    return seconds(limits.lease_ttl_default);
  return std::clamp(*ttl, seconds(limits.lease_ttl_min), seconds(limits.lease_ttl_max));
}

void LeaseRules::keep_longer_term(Lease& lease, const Lease& held) {
  if (held.deadline <= lease.deadline) return;
  lease.expires_at = held.expires_at;
  lease.deadline = held.deadline;
}

void LeaseRules::start_term(Lease& lease, double seconds) const {
  lease.expires_at = now.wall + seconds;
  lease.deadline = now.mono + base::from_seconds(seconds);
}

}  // namespace synapse::core
