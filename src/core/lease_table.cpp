// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/lease_table.hpp"

#include <algorithm>

#include "core/footprint.hpp"

namespace synapse::core {

const Lease* LeaseTable::find(const TaskId& task_id) const {
  const auto found = leases_.find(task_id);
  return found == leases_.end() ? nullptr : &found->second;
}

const std::set<TaskId>& LeaseTable::of(const AgentName& owner) const {
  static const std::set<TaskId> none;
  const auto found = by_owner_.find(owner);
  return found == by_owner_.end() ? none : found->second;
}

std::optional<Mono> LeaseTable::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::size_t LeaseTable::bytes_of(const AgentName& owner) const {
  const auto found = bytes_of_.find(owner);
  return found == bytes_of_.end() ? 0 : found->second;
}

std::vector<const Lease*> LeaseTable::due(Mono now, std::size_t at_most) const {
  std::vector<const Lease*> due;
  for (const auto& [deadline, task_id] : deadlines_) {
    if (deadline > now || due.size() >= at_most) break;
    due.push_back(find(task_id));
  }
  return due;
}

void LeaseTable::expire(const TaskId& task_id) {
  const Lease* lease = find(task_id);
  if (lease == nullptr) return;
  lapses_.add(*lease);
  remove(task_id);
}

void LeaseTable::put(Lease lease) {
  remove(lease.task_id);
  lapses_.forget(lease.owner, lease.task_id);
  saw_epoch(lease.epoch);
  by_owner_[lease.owner].insert(lease.task_id);
  deadlines_.emplace(lease.deadline, lease.task_id);
  const std::size_t bytes = footprint(lease);
  bytes_ += bytes;
  bytes_of_[lease.owner] += bytes;
  const TaskId task_id = lease.task_id;
  const auto placed = leases_.emplace(task_id, std::move(lease)).first;
  scopes_.add(placed->second);
}

void LeaseTable::remove(const TaskId& task_id) {
  const auto found = leases_.find(task_id);
  if (found == leases_.end()) return;
  const Lease& lease = found->second;
  scopes_.remove(lease);
  deadlines_.erase({lease.deadline, task_id});
  const std::size_t bytes = footprint(lease);
  bytes_ -= bytes;
  const auto share = bytes_of_.find(lease.owner);
  share->second -= bytes;
  if (share->second == 0) bytes_of_.erase(share);
  const auto owned = by_owner_.find(lease.owner);
  owned->second.erase(task_id);
  if (owned->second.empty()) by_owner_.erase(owned);
  leases_.erase(found);
}

std::size_t LeaseTable::fit() {
  std::set<TaskId> changed;
  for (std::string Lease::*text : {&Lease::checkpoint, &Lease::note, &Lease::data_ref}) {
    std::vector<std::pair<double, TaskId>> order;
    for (const auto& [task_id, lease] : leases_) order.emplace_back(lease.claimed_at, task_id);
    std::sort(order.begin(), order.end());
    for (const auto& [claimed_at, task_id] : order) {
      if (bytes_ <= limits_.lease_bytes_max) return changed.size();
      Lease less = leases_.at(task_id);
      if ((less.*text).empty()) continue;
      (less.*text).clear();
      put(std::move(less));
      changed.insert(task_id);
    }
  }
  return changed.size();
}

void LeaseTable::keep_checkpoint(const TaskId& task_id, std::string checkpoint) {
  drop_checkpoint(task_id);
  if (checkpoint.empty()) return;
  kept_bytes_ += footprint(task_id, checkpoint);
  kept_.emplace(task_id, std::move(checkpoint));
  kept_order_.push_back(task_id);
  while (kept_order_.size() > limits_.checkpoints_kept_max ||
         (kept_bytes_ > limits_.checkpoint_bytes_max && kept_order_.size() > 1)) {
    drop_checkpoint(TaskId(kept_order_.front()));
  }
}

void LeaseTable::drop_checkpoint(const TaskId& task_id) {
  const auto kept = kept_.find(task_id);
  if (kept == kept_.end()) return;
  kept_bytes_ -= footprint(task_id, kept->second);
  kept_.erase(kept);
  kept_order_.erase(std::find(kept_order_.begin(), kept_order_.end(), task_id));
}

const std::string* LeaseTable::kept_checkpoint(const TaskId& task_id) const {
  const auto found = kept_.find(task_id);
  return found == kept_.end() ? nullptr : &found->second;
}

}  // namespace synapse::core
