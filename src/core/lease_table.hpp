// SPDX-License-Identifier: AGPL-3.0-or-later
// All live leases, by task id, with what is needed to find them otherwise: by scope, by owner and
// by deadline. Also what lapsed leases leave behind, checkpoints for their heirs and what their
// owners are told, and the epoch counter.
//
// Decides nothing: the machine asks it and tells it.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/lapses.hpp"
#include "core/limits.hpp"
#include "core/model.hpp"
#include "core/scope_index.hpp"

namespace synapse::core {

class LeaseTable {
 public:
  explicit LeaseTable(const Limits& limits) : limits_(limits) {}
  LeaseTable(const LeaseTable&) = delete;  // The index points into the table.
  LeaseTable& operator=(const LeaseTable&) = delete;

  [[nodiscard]] const Lease* find(const TaskId& task_id) const;
  [[nodiscard]] std::size_t count_of(const AgentName& owner) const { return of(owner).size(); }
  [[nodiscard]] const std::set<TaskId>& of(const AgentName& owner) const;
  // What they take: all of them, and those of one owner.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t bytes_of(const AgentName& owner) const;
  [[nodiscard]] const ScopeIndex& scopes() const { return scopes_; }
  [[nodiscard]] const std::map<TaskId, Lease>& all() const { return leases_; }
  [[nodiscard]] Epoch last_epoch() const { return last_epoch_; }
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  // The leases that end at or before `now`, the earliest first; that many at most.
  [[nodiscard]] std::vector<const Lease*> due(Mono now, std::size_t at_most) const;

  // Sets a task's lease, whatever there was; the epoch counter follows.
  void put(Lease lease);
  void remove(const TaskId& task_id);
  // Removes one whose time is up, and remembers that.
  void expire(const TaskId& task_id);
  [[nodiscard]] const Lapses& lapses() const { return lapses_; }
  void restore(Lapse lapse) { lapses_.add(std::move(lapse)); }
  // Counts on from this epoch, if it is the largest yet: of a lease that is over.
  void saw_epoch(Epoch epoch) { last_epoch_ = std::max(last_epoch_, epoch); }

  // Of a log that knew no bounds: takes checkpoints, then notes away, of the longest held leases
  // first. The number of leases that lost something.
  std::size_t fit();

  void keep_checkpoint(const TaskId& task_id, std::string checkpoint);
  void drop_checkpoint(const TaskId& task_id);
  // What a lapsed lease of this task left behind; null if nothing.
  [[nodiscard]] const std::string* kept_checkpoint(const TaskId& task_id) const;
  [[nodiscard]] const std::map<TaskId, std::string>& kept_checkpoints() const { return kept_; }
  // The oldest first; the first to go when there are too many, or too large ones.
  [[nodiscard]] const std::deque<TaskId>& kept_order() const { return kept_order_; }

 private:
  Limits limits_;
  std::map<TaskId, Lease> leases_;
  std::size_t bytes_ = 0;
  std::map<AgentName, std::size_t> bytes_of_;
  ScopeIndex scopes_;
  std::map<AgentName, std::set<TaskId>> by_owner_;
  std::set<std::pair<Mono, TaskId>> deadlines_;
  Epoch last_epoch_;
  Lapses lapses_;
  std::map<TaskId, std::string> kept_;
  std::deque<TaskId> kept_order_;
  std::size_t kept_bytes_ = 0;
};

}  // namespace synapse::core
