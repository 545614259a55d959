// SPDX-License-Identifier: AGPL-3.0-or-later
// Leases that ran out, by owner and task: so that an agent that goes on as if it held one still can
// be told when that was, and who has its files now. Bounded, the oldest forgotten first; one that
// its agent holds again is forgotten as well.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/model.hpp"

namespace synapse::core {

struct Lapse {
  TaskId task_id;
  AgentName owner;
  Epoch epoch;
  double lapsed_at = 0;  // Wall seconds.
  std::string worktree;
  Coverage coverage = Coverage::files;
  std::vector<std::string> paths;  // {""} for more of them than are worth keeping.
};

// Its members, as describe.hpp has those of other records.
template <class Visitor, class Record>
requires std::same_as<std::remove_const_t<Record>, Lapse>
void describe(Visitor&& visit, Record& lapse) {
  visit("task_id", lapse.task_id);
  visit("owner", lapse.owner);
  visit("epoch", lapse.epoch);
  visit("lapsed_at", lapse.lapsed_at);
  visit("worktree", lapse.worktree);
  visit("paths", lapse.paths);
  visit.unless_blank("scope", lapse.coverage);
}

class Lapses {
 public:
  static constexpr std::size_t lapses_max = 1024;
  static constexpr std::size_t paths_bytes_max = 4096;  // Of one.
  using Key = std::pair<AgentName, TaskId>;

  // Of a lease that runs out now.
  void add(const Lease& lease);
  void add(Lapse lapse);
  void forget(const AgentName& owner, const TaskId& task_id);
  // Null if there is none.
  [[nodiscard]] const Lapse* find(const AgentName& owner, const TaskId& task_id) const;
  [[nodiscard]] const std::map<Key, Lapse>& all() const { return lapses_; }
  // The oldest first.
  [[nodiscard]] std::vector<Lapse> in_order() const;

 private:
  std::map<Key, Lapse> lapses_;
  std::map<Key, std::uint64_t> places_;
  std::map<std::uint64_t, Key> order_;
  std::uint64_t last_place_ = 0;
};

}  // namespace synapse::core
