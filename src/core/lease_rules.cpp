// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/lease_rules.hpp"

#include <algorithm>
#include <cmath>

#include "core/refusals.hpp"
#include "core/scope.hpp"

namespace synapse::core {

bool may_follow(LeaseStatus from, LeaseStatus to) {
  if (from == to) return true;
  switch (from) {
    case LeaseStatus::claimed:
      return to == LeaseStatus::working || to == LeaseStatus::done || to == LeaseStatus::failed;
    case LeaseStatus::working:
      return to == LeaseStatus::input_required || to == LeaseStatus::done ||
             to == LeaseStatus::failed;
    case LeaseStatus::input_required:
      return to == LeaseStatus::working || to == LeaseStatus::done || to == LeaseStatus::failed;
    case LeaseStatus::done:
    case LeaseStatus::failed:
      return false;
  }
  return false;
}

std::optional<Refusal> LeaseRules::claim_obstacle(const ClaimTask& command) const {
  const TaskId& id = command.task_id;
  if (id.empty()) {
    return Refusal(ErrorCode::blank_task_id, id, "A claim needs a task_id; give it one.");
  }
  const Lease* held = leases.find(id);
  if (held != nullptr && held->owner != actor) {
    return refuse_for(*held, ErrorCode::task_held, id,
                      "Task " + quoted(id) + " is held by " + held->owner.text +
                          "; wait for its release, ask for a hand-off, or claim another task.");
  }
  if (command.coverage == Coverage::files) {
    const Lease* other = leases.scopes().find_conflict(command.worktree, command.paths, actor);
    if (other != nullptr) {
      return refuse_for(*other, ErrorCode::scope_held, id,
                        "Task " + quoted(id) + " would touch " + files_of(other->paths) +
                            ", held by " + other->owner.text + " under task " +
                            quoted(other->task_id) + "; narrow the paths or wait.");
    }
  }
  if (held == nullptr && leases.count_of(actor) >= limits.claims_per_agent) {
    return Refusal(ErrorCode::claim_quota, id,
                   actor.text + " already holds " + std::to_string(limits.claims_per_agent) +
                       " claims; release one first.");
  }
  return std::nullopt;
}

Decision LeaseRules::claim(ClaimTask command) const {
  command.paths = normalise_scope(command.paths, limits);
  if (command.if_own == IfOwn::refuse) {
    if (std::optional<Refusal> own = own_obstacle(command.task_id)) return std::move(*own);
  }
  Decision decision = grant(command);
  if (command.if_held == IfHeld::refuse) return decision;
  if (!decision.refusal) {
    // Free, but promised: whoever is ready to wait does not overtake those who wait already.
    if (leases.find(command.task_id) != nullptr) return decision;
    const QueuedClaim* ahead = queue.ahead_of(waiting(command));
    if (ahead == nullptr) return decision;
    Refusal obstacle(ErrorCode::scope_held, command.task_id, "");
    obstacle.holder = ahead->agent;
    return enqueue(std::move(command), std::move(obstacle));
  }
  const ErrorCode code = decision.refusal->error.code;
  if (code != ErrorCode::task_held && code != ErrorCode::scope_held) return decision;
  return enqueue(std::move(command), std::move(*decision.refusal));
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
  start_term(lease, lease_seconds(command.ttl));
  return Event(LeaseGranted{std::move(lease)});
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
  if (queue.find(actor, id) == nullptr &&
      (queue.all().size() >= limits.queued_claims_max ||
       queue.count_of(actor) >= limits.queued_claims_per_agent)) {
    return Refusal(
        ErrorCode::queue_full, id,
        "Too many claims are waiting already; let some of them come up or release them.");
  }
  QueuedClaim claim = waiting(command);
  if (const auto blocker = queue.closes_circle(claim, leases)) {
    obstacle.error = {ErrorCode::deadlock,
                      "Waiting for task " + quoted(id) + " would never end: " + blocker->text +
                          " already waits for " + actor.text + "; release something first."};
    return obstacle;
  }
  return Event(ClaimQueued{actor, std::move(command), claim.ticket, claim.deadline,
                           *obstacle.holder, queue.position(claim)});
}

std::optional<Refusal> LeaseRules::not_mine(const TaskId& task_id,
                                            const std::optional<std::int64_t>& epoch) const {
  const Lease* lease = leases.find(task_id);
  if (lease == nullptr) {
    return Refusal(ErrorCode::not_claimed, task_id,
                   "Task " + quoted(task_id) + " is not claimed; claim it first.");
  }
  if (lease->owner != actor) {
    return refuse_for(*lease, ErrorCode::not_owner, task_id,
                      "Task " + quoted(task_id) + " is held by " + lease->owner.text + ", not by " +
                          actor.text + ".");
  }
  if (epoch && (*epoch < 0 || static_cast<std::uint64_t>(*epoch) != lease->epoch.value)) {
    return refuse_for(*lease, ErrorCode::stale_epoch, task_id,
                      "Task " + quoted(task_id) + " is at epoch " +
                          std::to_string(lease->epoch.value) + ", not " + std::to_string(*epoch) +
                          "; read the state and try again.");
  }
  return std::nullopt;
}

Decision LeaseRules::release(const ReleaseTask& command) const {
  const Lease* lease = leases.find(command.task_id);
  if ((lease == nullptr || lease->owner != actor) &&
      queue.find(actor, command.task_id) != nullptr) {
    return Event(ClaimUnqueued{actor, command.task_id, ErrorCode::cancelled});
  }
  if (auto refusal = not_mine(command.task_id, command.epoch)) return std::move(*refusal);
  return Event(LeaseReleased{command.task_id, actor});
}

Decision LeaseRules::renew(const RenewLease& command) const {
  if (auto refusal = not_mine(command.task_id, command.epoch)) return std::move(*refusal);
  Lease lease = *leases.find(command.task_id);
  start_term(lease, lease_seconds(command.ttl));
  return Event(LeaseRenewed{std::move(lease)});
}

Decision LeaseRules::update(const UpdateTask& command) const {
  const TaskId& id = command.task_id;
  if (auto refusal = not_mine(id, command.epoch)) return std::move(*refusal);
  Lease lease = *leases.find(id);
  const auto& expected = command.expected_version;
  if (expected && (*expected < 0 || static_cast<std::uint64_t>(*expected) != lease.version.value)) {
    return refuse_for(lease, ErrorCode::version_conflict, id,
                      "Task " + quoted(id) + " is at version " +
                          std::to_string(lease.version.value) + ", not " +
                          std::to_string(*expected) + "; read the state and try again.");
  }
  if (!command.status.empty()) {
    const std::optional<LeaseStatus> status = lease_status(command.status);
    if (!status) {
      return refuse_for(
          lease, ErrorCode::unknown_status, id,
          "'" + command.status +
              "' is no status of a claim; use claimed, working, input_required, done or failed.");
    }
    if (!may_follow(lease.status, *status)) {
      return refuse_for(lease, ErrorCode::illegal_transition, id,
                        "Task " + quoted(id) + " is " + std::string(word(lease.status)) +
                            " and can't become " + command.status + "; claim it again to restart.");
    }
    lease.status = *status;
  }
  if (command.note) lease.note = *command.note;
  if (command.data_ref) lease.data_ref = *command.data_ref;
  lease.version = lease.version.next();
  return Event(TaskUpdated{std::move(lease)});
}

Decision LeaseRules::checkpoint(const SaveCheckpoint& command) const {
  if (auto refusal = not_mine(command.task_id, command.epoch)) return std::move(*refusal);
  Lease lease = *leases.find(command.task_id);
  lease.checkpoint = command.checkpoint;
  lease.version = lease.version.next();
  return Event(CheckpointSaved{std::move(lease)});
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
  if (queue.closes_circle(actor, lease->owner, leases)) {
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

void LeaseRules::start_term(Lease& lease, double seconds) const {
  lease.expires_at = now.wall + seconds;
  lease.deadline = now.mono + base::from_seconds(seconds);
}

}  // namespace synapse::core
