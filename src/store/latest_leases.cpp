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
    changed(std::move(handoff->lease));
  } else if (const auto* release = std::get_if<core::LeaseReleased>(&event)) {
    released(*release);
  } else if (const auto* expiry = std::get_if<core::LeaseExpired>(&event)) {
    expired(*expiry);
  } else {
    return false;
  }
  return true;
}

void LatestLeases::granted(core::Lease lease) {
  if (machine_.leases().kept_checkpoint(lease.task_id) == nullptr) return changed(std::move(lease));
  put_pending(lease.task_id);
  machine_.apply(core::LeaseGranted{std::move(lease)});
}

void LatestLeases::changed(core::Lease lease) {
  const auto [place, is_new] = pending_.try_emplace(lease.task_id.text);
  // Only a log that no hub wrote goes back in its epochs.
  if (!is_new && place->second.epoch > lease.epoch) put(std::move(place->second));
  place->second = std::move(lease);
}

void LatestLeases::released(const core::LeaseReleased& event) {
  const auto pending = pending_.find(event.task_id.text);
  if (pending != pending_.end()) {
    if (!highest_ || highest_->epoch < pending->second.epoch) highest_ = std::move(pending->second);
    pending_.erase(pending);
  }
  const core::LeaseTable& leases = machine_.leases();
  if (leases.find(event.task_id) != nullptr || leases.kept_checkpoint(event.task_id) != nullptr) {
    machine_.apply(event);
  }
}

void LatestLeases::expired(const core::LeaseExpired& event) {
  // The last moment at which the machine can see that lease and not be changed by it.
  if (highest_ && highest_->task_id == event.task_id) put(*std::exchange(highest_, std::nullopt));
  put_pending(event.task_id);
  machine_.apply(event);
}

void LatestLeases::finish() {
  std::vector<core::Lease> lasting;
  lasting.reserve(pending_.size());
  for (auto& [task_id, lease] : pending_) lasting.push_back(std::move(lease));
  pending_.clear();
  // The table's content does not depend on the order; that no run differs from another is worth a
  // sort.
  std::sort(lasting.begin(), lasting.end(),
            [](const core::Lease& a, const core::Lease& b) { return a.task_id < b.task_id; });
  put_highest();
  for (core::Lease& lease : lasting) put(std::move(lease));
}

void LatestLeases::put(core::Lease lease) {
  machine_.apply(core::TaskUpdated{std::move(lease)});  // The event that does nothing else.
}

void LatestLeases::put_pending(const TaskId& task_id) {
  const auto pending = pending_.find(task_id.text);
  if (pending == pending_.end()) return;
  put(std::move(pending->second));
  pending_.erase(pending);
}

// It was released, nothing lapsed since then: so the machine has neither a lease nor a checkpoint
// of that task.
void LatestLeases::put_highest() {
  if (!highest_) return;
  const core::LeaseReleased release{highest_->task_id, highest_->owner};
  put(*std::exchange(highest_, std::nullopt));
  machine_.apply(release);
}

}  // namespace synapse::store
