// SPDX-License-Identifier: AGPL-3.0-or-later
// The rules of claims, leases, waits, plan and offers once more, written from the protocol page in
// the plainest way: everything in flat lists, every question answered by asking everything, scopes
// compared file by file in a small universe. Shares the machine's nouns, commands and events with
// it, and none of its code.
//
// Fairness is stated as its end: as long as some queued claim has neither a lease nor an earlier
// claim of another agent in its way, the earliest such is granted.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/command.hpp"
#include "core/event.hpp"
#include "core/limits.hpp"
#include "sim/universe.hpp"

namespace synapse::sim {

// What has to come of a command.
struct Outcome {
  std::vector<core::Event> events;
  std::optional<ErrorCode> refused;
  // Who may be named as being in the way; where several are, the machine may name any.
  std::set<AgentName> holders;
};

[[nodiscard]] Outcome refused(ErrorCode code);
[[nodiscard]] Outcome refused(ErrorCode code, const core::Lease& in_the_way);
[[nodiscard]] Outcome happened(core::Event event);

class Model {
 public:
  Model(const core::Limits& limits, std::string hub_id, Universe& universe)
      : limits_(limits), hub_id_(std::move(hub_id)), universe_(universe) {}

  Outcome execute(const AgentName& actor, const core::Command& command, Moment now);
  Outcome expire(Moment now);
  Outcome join(const AgentName& agent);
  Outcome leave(const AgentName& agent, Moment now);

  // Another process: what the log says, and nothing else.
  void restart(const std::vector<core::Event>& log, Moment now);

  [[nodiscard]] const std::vector<core::Lease>& leases() const { return leases_; }
  [[nodiscard]] const std::set<AgentName>& online() const { return online_; }
  [[nodiscard]] std::uint64_t last_epoch() const { return last_epoch_; }
  [[nodiscard]] std::size_t queued() const { return queue_.size(); }
  [[nodiscard]] std::size_t waits() const { return waits_.size(); }
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  // A pair of live leases of different owners that share a file; nothing if all is well.
  [[nodiscard]] std::optional<std::string> violation() const;

 private:
  struct Queued {
    AgentName agent;
    core::ClaimTask claim;
    std::uint64_t ticket;
    Mono deadline;
  };
  struct Decide;

  void apply(const core::Event& event);
  void finish(Outcome& outcome, Moment now);
  void serve(Outcome& outcome, Moment now);

  [[nodiscard]] std::vector<std::string> normalised(const std::vector<std::string>& paths) const;
  [[nodiscard]] bool contend(const std::string& worktree_a, core::Coverage coverage_a,
                             const std::vector<std::string>& a, const std::string& worktree_b,
                             core::Coverage coverage_b, const std::vector<std::string>& b) const;
  [[nodiscard]] bool contend(const core::ClaimTask& claim, const core::Lease& lease) const;
  [[nodiscard]] bool contend(const core::ClaimTask& a, const core::ClaimTask& b) const;

  [[nodiscard]] const core::Lease* find(const TaskId& task) const;
  [[nodiscard]] std::size_t held_by(const AgentName& agent) const;
  [[nodiscard]] const Queued* find_queued(const AgentName& agent, const TaskId& task) const;
  void unqueue(const AgentName& agent, const TaskId& task);
  void keep(const TaskId& task, const std::string& checkpoint);

  [[nodiscard]] Outcome claim(const AgentName& actor, core::ClaimTask command, Moment now) const;
  [[nodiscard]] Outcome grant(const AgentName& actor, const core::ClaimTask& command,
                              Moment now) const;
  [[nodiscard]] Outcome enqueue(const AgentName& actor, const core::ClaimTask& command,
                                const std::set<AgentName>& holders, Moment now) const;
  void set_term(core::Lease& lease, const std::optional<double>& ttl, Moment now) const;
  static void keep_longer(core::Lease& lease, const core::Lease& held);
  // Those whose leases, and whose earlier places but for `without`, are in the way.
  [[nodiscard]] std::set<AgentName> in_the_way(const AgentName& agent, const core::ClaimTask& claim,
                                               std::uint64_t ticket,
                                               std::uint64_t without = 0) const;
  // Whether an agent waits, at whatever remove, for another.
  [[nodiscard]] bool waits_for(const AgentName& from, const AgentName& to, std::uint64_t without,
                               std::set<AgentName>& seen) const;
  [[nodiscard]] bool plan_reaches(const TaskId& from, const TaskId& to) const;

  core::Limits limits_;
  std::string hub_id_;
  Universe& universe_;
  std::vector<core::Lease> leases_;
  std::uint64_t last_epoch_ = 0;
  std::vector<std::pair<TaskId, std::string>> kept_;  // Checkpoints of lapsed leases, oldest first.
  std::vector<core::Lease> lapsed_;  // Of agents that have not held the task since.
  std::vector<Queued> queue_;        // By ticket.
  std::uint64_t last_ticket_ = 0;
  std::vector<std::pair<AgentName, TaskId>> waits_;
  std::set<AgentName> online_;
  std::vector<core::Offer> offers_;
  std::vector<core::Card> cards_;
  std::vector<core::PlanTask> plan_;
  std::uint64_t last_message_ = 0;
};

}  // namespace synapse::sim
