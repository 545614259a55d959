// SPDX-License-Identifier: AGPL-3.0-or-later
// What an owner does with a lease that it holds: releases, renews and updates it.
#include "core/lease_rules.hpp"
#include "core/refusals.hpp"

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

std::optional<Refusal> LeaseRules::not_mine(const TaskId& task_id,
                                            const std::optional<std::int64_t>& epoch) const {
  const Lease* lease = leases.find(task_id);
  if (lease == nullptr || lease->owner != actor) {
    const Lapse* lapse = leases.lapses().find(actor, task_id);
    if (lapse != nullptr) return ran_out(*lapse, lease);
  }
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

// The lease was the agent's own, and it goes on as if it were so still.
Refusal LeaseRules::ran_out(const Lapse& lapse, const Lease* lease) const {
  const TaskId& id = lapse.task_id;
  const ErrorCode code = lease == nullptr ? ErrorCode::not_claimed : ErrorCode::not_owner;
  std::string message = "The lease of " + actor.text + " on " + quoted(id) + " ran out " +
                        length_of(now.wall - lapse.lapsed_at) + " ago";
  if (lease == nullptr && lapse.coverage == Coverage::files) {
    lease = leases.scopes().find_conflict(lapse.worktree, lapse.paths, actor, effort);
  }
  Refusal refusal(code, id, "");
  if (lease == nullptr) {
    message += "; nobody has claimed it since, so claim it again.";
  } else {
    refusal = refuse_for(*lease, code, id, "");
    message += "; " + lease->owner.text + " holds " +
               (lease->task_id == id ? "it" : files_of(lease->paths)) + " now" +
               (lease->task_id == id ? "" : ", under task " + quoted(lease->task_id)) + ".";
  }
  refusal.error.message = std::move(message);
  refusal.lapsed_at = lapse.lapsed_at;
  return refusal;
}

Decision LeaseRules::release(const ReleaseTask& command) const {
  const Lease* lease = leases.find(command.task_id);
  if ((lease == nullptr || lease->owner != actor) &&
      queue.find(actor, command.task_id) != nullptr) {
    return Event(ClaimUnqueued{actor, command.task_id, ErrorCode::cancelled});
  }
  if (auto refusal = not_mine(command.task_id, command.epoch)) return std::move(*refusal);
  if (command.paths) return narrow(*lease, *command.paths);
  return Event(LeaseReleased{command.task_id, actor});
}

Decision LeaseRules::renew(const RenewLease& command) const {
  if (auto refusal = not_mine(command.task_id, command.epoch)) return std::move(*refusal);
  const Lease& held = *leases.find(command.task_id);
  Lease lease = held;
  start_term(lease, lease_seconds(command.ttl));
  if (!command.ttl) keep_longer_term(lease, held);
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
  if (auto full = room_obstacle(lease)) return std::move(*full);
  return Event(TaskUpdated{std::move(lease)});
}

Decision LeaseRules::checkpoint(const SaveCheckpoint& command) const {
  if (auto refusal = not_mine(command.task_id, command.epoch)) return std::move(*refusal);
  Lease lease = *leases.find(command.task_id);
  lease.checkpoint = command.checkpoint;
  lease.version = lease.version.next();
  if (auto full = room_obstacle(lease)) return std::move(*full);
  return Event(CheckpointSaved{std::move(lease)});
}

}  // namespace synapse::core
