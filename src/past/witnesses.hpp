// SPDX-License-Identifier: AGPL-3.0-or-later
// Who was there, and who waited for what, as the log's records for people tell it: of these a
// replay of the machine says nothing, for they end with their hub. A log of before they were
// written, or of a time before its first such record, does not tell.
//
// A value: a state that is kept for later has its own. Total: a record that makes no sense tells
// nothing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "core/claim_queue.hpp"
#include "core/presence.hpp"
#include "store/event_store.hpp"

namespace synapse::past {

class Witnesses {
 public:
  // By agent and task.
  using Key = std::pair<AgentName, TaskId>;
  struct Queued {
    std::uint64_t ticket = 0;  // The order of arrival.
    double since = 0;
    std::string worktree;
    std::vector<std::string> paths;  // The first of them.
  };
  struct Wait {
    TaskId task_id;
    AgentName holder;
    double since = 0;
  };

  // The records of a log, in their order.
  void take(const store::RecordView& record);

  // Whether there was such a record yet.
  [[nodiscard]] bool are_recorded() const { return are_recorded_; }
  [[nodiscard]] const std::map<Key, Queued>& queued() const { return queued_; }
  [[nodiscard]] const std::map<AgentName, Wait>& waits() const { return waits_; }

  // The same as the tables of a machine. `seen` is when agents were last heard as the machine's
  // replay has it.
  [[nodiscard]] core::Presence presence(const core::Presence& seen) const;
  void fill(core::ClaimQueue& queue) const;

  // About what it takes.
  [[nodiscard]] std::size_t bytes() const;

 private:
  static constexpr std::size_t names_max = 20'000;  // Of each table.

  void take_witness(const store::RecordView& record);
  void take_operator(const store::RecordView& record);
  void take_lease(const store::RecordView& record);
  void leave(const AgentName& agent);

  std::set<AgentName> online_;
  std::map<AgentName, double> last_seen_;
  std::map<Key, Queued> queued_;
  std::map<AgentName, Wait> waits_;
  std::uint64_t last_ticket_ = 0;
  bool are_recorded_ = false;
};

}  // namespace synapse::past
