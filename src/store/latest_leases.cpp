// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/latest_leases.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace synapse::store {

bool LatestLeases::take(core::Event& event) {
  if (auto* one = std::get_if<core::LeaseGranted>(&event)) {
    granted(std::move(one->lease));
  } else if (auto* update = std::get_if<core::TaskUpdated>(&event)) {
    changed(std::move(update->lease));
  } else if (auto* checkpoint = std::get_if<core::CheckpointSaved>(&event)) {
    changed(std::move(checkpoint->lease));
  } else if (auto* handoff = std::get_if<core::LeaseHandedOff>(&event)) {
    saw(handoff->lease);
    handed_off(std::move(handoff->lease));
  } else if (const auto* release = std::get_if<core::LeaseReleased>(&event)) {
    released(*release);
  } else if (const auto* expiry = std::get_if<core::LeaseExpired>(&event)) {
    expired(*expiry);
  } else {
    return false;
  }
  return true;
}

// The original's roster is made of its claims.
void LatestLeases::saw(const core::Lease& lease) {
  machine_.replay(core::AgentSeen{lease.owner, lease.claimed_at});
}

void LatestLeases::granted(core::Lease&& lease) {
  saw(lease);
  const core::LeaseTable& leases = machine_.leases();
  if (leases.kept_checkpoint(lease.task_id) == nullptr &&
      leases.lapses().find(lease.owner, lease.task_id) == nullptr) {
    return changed(std::move(lease));
  }
  put_pending(lease.task_id);
  machine_.replay(core::LeaseGranted{std::move(lease)});
}

void LatestLeases::changed(core::Lease&& lease) {
  const auto [place, is_new] = pending_.try_emplace(lease.task_id.text);
  // Only a log that no hub wrote goes back in its epochs.
  if (!is_new) machine_.saw_epoch(place->second.lease.epoch);
  place->second.lease = std::move(lease);
  place->second.is_changed = false;
}

void LatestLeases::handed_off(core::Lease&& lease) {
  if (machine_.leases().lapses().find(lease.owner, lease.task_id) == nullptr) {
    return changed(std::move(lease));
  }
  if (const auto pending = pending_.find(lease.task_id.text); pending != pending_.end()) {
    machine_.saw_epoch(pending->second.lease.epoch);
    pending_.erase(pending);
  }
  put(std::move(lease));
}

LatestLeases::Pending* LatestLeases::living(const TaskId& task_id, Epoch epoch) {
  auto pending = pending_.find(task_id.text);
  if (pending == pending_.end()) {
    const core::Lease* known = machine_.leases().find(task_id);
    if (known == nullptr || known->epoch != epoch) return nullptr;
    pending = pending_.emplace(task_id.text, Pending{*known}).first;
  }
  return pending->second.lease.epoch == epoch ? &pending->second : nullptr;
}

void LatestLeases::renew(const Renewal& renewal) {
  Pending* last = living(renewal.task_id, renewal.epoch);
  if (last == nullptr) return;
  last->lease.expires_at = renewal.expires_at;
  last->lease.deadline = renewal.deadline;
  last->is_changed = true;
}

void LatestLeases::update(const SmallUpdate& update) {
  Pending* last = living(update.task_id, update.epoch);
  if (last == nullptr) return;
  last->lease.version = update.version;
  last->lease.status = update.status;
  last->lease.note = update.note;
  last->lease.data_ref = update.data_ref;
  last->is_changed = true;
}

void LatestLeases::grow(const Growth& growth) {
  Pending* last = living(growth.task_id, growth.epoch);
  if (last == nullptr || last->lease.owner != growth.owner) return;
  std::vector<std::string>& paths = last->lease.paths;
  paths.insert(paths.end(), growth.paths.begin(), growth.paths.end());
  last->lease.expires_at = growth.expires_at;
  last->lease.deadline = growth.deadline;
  last->is_changed = true;
}

void LatestLeases::released(const core::LeaseReleased& event) {
  const auto pending = pending_.find(event.task_id.text);
  if (pending != pending_.end()) {
    machine_.saw_epoch(pending->second.lease.epoch);
    pending_.erase(pending);
  }
  const core::LeaseTable& leases = machine_.leases();
  if (leases.find(event.task_id) != nullptr || leases.kept_checkpoint(event.task_id) != nullptr) {
    machine_.replay(event);
  }
}

void LatestLeases::expired(const core::LeaseExpired& event) {
  put_pending(event.task_id);
  machine_.replay(event);
}

std::vector<TaskId> LatestLeases::finish() {
  std::vector<Pending> lasting;
  lasting.reserve(pending_.size());
  for (auto& [task_id, pending] : pending_) lasting.push_back(std::move(pending));
  pending_.clear();
  // The table's content does not depend on the order; that no run differs from another is worth a
  // sort.
  std::sort(lasting.begin(), lasting.end(),
            [](const Pending& a, const Pending& b) { return a.lease.task_id < b.lease.task_id; });
  std::vector<TaskId> changed;
  for (Pending& pending : lasting) {
    if (pending.is_changed) changed.push_back(pending.lease.task_id);
    put(std::move(pending.lease));
  }
  return changed;
}

void LatestLeases::put(core::Lease lease) {
  machine_.replay(core::TaskUpdated{std::move(lease)});  // The event that does nothing else.
}

void LatestLeases::put_pending(const TaskId& task_id) {
  const auto pending = pending_.find(task_id.text);
  if (pending == pending_.end()) return;
  put(std::move(pending->second.lease));
  pending_.erase(pending);
}

}  // namespace synapse::store
