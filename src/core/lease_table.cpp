// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/lease_table.hpp"

#include <algorithm>

namespace synapse::core {

LeaseTable::LeaseTable(std::size_t checkpoints_kept_max)
    : checkpoints_kept_max_(checkpoints_kept_max) {}

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

std::vector<const Lease*> LeaseTable::due(Mono now) const {
  std::vector<const Lease*> due;
  for (const auto& [deadline, task_id] : deadlines_) {
    if (deadline > now) break;
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
  const auto owned = by_owner_.find(lease.owner);
  owned->second.erase(task_id);
  if (owned->second.empty()) by_owner_.erase(owned);
  leases_.erase(found);
}

void LeaseTable::keep_checkpoint(const TaskId& task_id, std::string checkpoint) {
  drop_checkpoint(task_id);
  if (checkpoint.empty()) return;
  kept_.emplace(task_id, std::move(checkpoint));
  kept_order_.push_back(task_id);
  if (kept_order_.size() > checkpoints_kept_max_) {
    kept_.erase(kept_order_.front());
    kept_order_.pop_front();
  }
}

void LeaseTable::drop_checkpoint(const TaskId& task_id) {
  if (kept_.erase(task_id) == 0) return;
  kept_order_.erase(std::find(kept_order_.begin(), kept_order_.end(), task_id));
}

const std::string* LeaseTable::kept_checkpoint(const TaskId& task_id) const {
  const auto found = kept_.find(task_id);
  return found == kept_.end() ? nullptr : &found->second;
}

}  // namespace synapse::core
