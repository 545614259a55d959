// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/recorder.hpp"

#include <utility>

#include "store/event_codec.hpp"

namespace synapse::store {

namespace {

// The task whose lease an event writes whole, or ends; null if it does neither.
struct WrittenWhole {
  const TaskId* operator()(const core::LeaseGranted& event) const { return &event.lease.task_id; }
  const TaskId* operator()(const core::LeaseExtended& event) const { return &event.lease.task_id; }
  const TaskId* operator()(const core::LeaseNarrowed& event) const { return &event.lease.task_id; }
  const TaskId* operator()(const core::TaskUpdated& event) const { return &event.lease.task_id; }
  const TaskId* operator()(const core::CheckpointSaved& event) const {
    return &event.lease.task_id;
  }
  const TaskId* operator()(const core::LeaseHandedOff& event) const { return &event.lease.task_id; }
  const TaskId* operator()(const core::LeaseReleased& event) const { return &event.task_id; }
  const TaskId* operator()(const core::LeaseExpired& event) const { return &event.task_id; }
  template <class Other>
  const TaskId* operator()(const Other&) const {
    return nullptr;
  }
};

const TaskId* written_in_part(const core::Event& event, const Entry& entry) {
  if (const auto* renewal = std::get_if<core::LeaseRenewed>(&event)) return &renewal->lease.task_id;
  const auto* extended = std::get_if<core::LeaseExtended>(&event);
  if (extended != nullptr && entry.kind == kind::lease_extended) return &extended->lease.task_id;
  const auto* update = std::get_if<core::TaskUpdated>(&event);
  return update != nullptr && entry.kind == kind::lease_updated ? &update->lease.task_id : nullptr;
}

}  // namespace

std::optional<Entry> Recorder::reservation(const core::Event& event, Moment now) {
  const auto* granted = std::get_if<core::LeaseGranted>(&event);
  if (granted == nullptr || core::durability(event) == core::Durability::synced) {
    return std::nullopt;
  }
  const Epoch epoch = granted->lease.epoch;
  if (epoch <= reserved_until_) return std::nullopt;
  reserved_until_ = Epoch{epoch.value + epochs_at_once};
  return encode(EpochBlock{reserved_until_, boot_}, now.wall);
}

std::optional<Entry> Recorder::all_safe(Moment now) {
  if (std::exchange(reserved_until_, Epoch{}) == Epoch{}) return std::nullopt;
  return encode(EpochBlock{Epoch{}, boot_}, now.wall);
}

std::optional<Entry> Recorder::entry(const core::Event& event, Moment now) {
  std::optional<Entry> entry = encode(event, now.wall);
  if (const TaskId* task_id = entry ? written_in_part(event, *entry) : nullptr) {
    changed_.insert(*task_id);
    if (!due_) due_ = now.mono + whole_within;
  } else if (!changed_.empty()) {
    if (const TaskId* whole = std::visit(WrittenWhole{}, event)) changed_.erase(*whole);
  }
  return entry;
}

std::vector<Entry> Recorder::take_changed(const core::LeaseTable& leases, double ts,
                                          std::size_t bytes_max) {
  std::vector<Entry> whole;
  std::size_t bytes = 0;
  while (!changed_.empty() && bytes < bytes_max) {
    const core::Lease* lease = leases.find(*changed_.begin());
    changed_.erase(changed_.begin());
    if (lease == nullptr) continue;
    whole.push_back(encode_whole(*lease, ts));
    bytes += whole.back().payload.size();
  }
  if (changed_.empty()) due_.reset();
  return whole;
}

}  // namespace synapse::store
