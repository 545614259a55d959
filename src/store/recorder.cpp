// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/recorder.hpp"

#include <utility>

#include "store/event_codec.hpp"

namespace synapse::store {

namespace {

// The task whose lease an event writes whole, or ends; null if it does neither.
struct WrittenWhole {
  const TaskId* operator()(const core::LeaseGranted& event) const { return &event.lease.task_id; }
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

}  // namespace

std::optional<Entry> Recorder::entry(const core::Event& event, Moment now) {
  if (const auto* renewal = std::get_if<core::LeaseRenewed>(&event)) {
    renewed_.insert(renewal->lease.task_id);
    if (!due_) due_ = now.mono + whole_within;
  } else if (!renewed_.empty()) {
    if (const TaskId* task_id = std::visit(WrittenWhole{}, event)) renewed_.erase(*task_id);
  }
  return encode(event, now.wall);
}

std::vector<Entry> Recorder::take_renewed(const core::LeaseTable& leases, double ts,
                                          std::size_t bytes_max) {
  std::vector<Entry> whole;
  std::size_t bytes = 0;
  while (!renewed_.empty() && bytes < bytes_max) {
    const core::Lease* lease = leases.find(*renewed_.begin());
    renewed_.erase(renewed_.begin());
    if (lease == nullptr) continue;
    whole.push_back(encode_whole(*lease, ts));
    bytes += whole.back().payload.size();
  }
  if (renewed_.empty()) due_.reset();
  return whole;
}

}  // namespace synapse::store
