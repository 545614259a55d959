// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/lapses.hpp"

namespace synapse::core {

void Lapses::add(const Lease& lease) {
  std::size_t bytes = 0;
  for (const std::string& path : lease.paths) bytes += path.size();
  const bool is_short = bytes <= paths_bytes_max;
  add({lease.task_id, lease.owner, lease.epoch, lease.expires_at, lease.worktree, lease.coverage,
       is_short ? lease.paths : std::vector<std::string>{""}});
}

void Lapses::add(Lapse lapse) {
  const Key key(lapse.owner, lapse.task_id);
  forget(key.first, key.second);
  places_[key] = ++last_place_;
  order_[last_place_] = key;
  lapses_.insert_or_assign(key, std::move(lapse));
  if (lapses_.size() <= lapses_max) return;
  const Key oldest = order_.begin()->second;
  forget(oldest.first, oldest.second);
}

void Lapses::forget(const AgentName& owner, const TaskId& task_id) {
  const auto place = places_.find({owner, task_id});
  if (place == places_.end()) return;
  lapses_.erase(place->first);
  order_.erase(place->second);
  places_.erase(place);
}

const Lapse* Lapses::find(const AgentName& owner, const TaskId& task_id) const {
  const auto found = lapses_.find({owner, task_id});
  return found == lapses_.end() ? nullptr : &found->second;
}

std::vector<Lapse> Lapses::in_order() const {
  std::vector<Lapse> lapses;
  lapses.reserve(order_.size());
  for (const auto& [place, key] : order_) lapses.push_back(lapses_.at(key));
  return lapses;
}

}  // namespace synapse::core
