// SPDX-License-Identifier: AGPL-3.0-or-later
// Claims that wait for their turn, in the order of their arrival, and agents that said that they
// wait for a task.
//
// Fairness: a queued claim is granted when no live lease and no earlier queued claim of another
// agent is in its way. Claims that don't wait are judged by the leases alone; they can only
// overtake a queued claim that is still blocked.
//
// Both kinds of waiting make the graph in which deadlocks are looked for. Its edges are derived
// from the leases of the moment, so a task that ends or moves takes its edges along. The search
// goes from the agent that asks to those that wait for it: mostly nobody does, however many wait
// for the same thing as it.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "core/event.hpp"
#include "core/lease_table.hpp"
#include "core/scope_index.hpp"

namespace synapse::core {

struct QueuedClaim {
  AgentName agent;
  ClaimTask claim;  // Its paths are normalised.
  std::uint64_t ticket = 0;
  Mono deadline{Mono::max()};
};

class ClaimQueue {
 public:
  ClaimQueue() = default;
  ClaimQueue(const ClaimQueue&) = delete;  // The index points into the queue.
  ClaimQueue& operator=(const ClaimQueue&) = delete;

  [[nodiscard]] const std::map<std::uint64_t, QueuedClaim>& all() const { return queue_; }
  [[nodiscard]] const QueuedClaim* find(const AgentName& agent, const TaskId& task_id) const;
  [[nodiscard]] std::size_t count_of(const AgentName& agent) const;
  [[nodiscard]] std::optional<Mono> next_deadline() const;
  [[nodiscard]] std::vector<const QueuedClaim*> due(Mono now) const;

  // The place a claim would have: the one it holds already if it still asks for the same files,
  // else the last.
  [[nodiscard]] std::uint64_t ticket_for(const AgentName& agent, const ClaimTask& claim) const;

  void add(QueuedClaim claim);
  void remove(const AgentName& agent, const TaskId& task_id);
  void remove_all(const AgentName& agent);

  void start_wait(const AgentName& waiter, const TaskId& task_id);
  void end_wait(const AgentName& waiter);
  void end_waits_for(const TaskId& task_id);
  // Ends the waits for tasks that this agent holds.
  void end_waits_on(const AgentName& holder, const LeaseTable& leases);
  [[nodiscard]] const std::map<AgentName, TaskId>& waits() const { return waits_; }

  // The agents in the way of a claim with this ticket: holders of leases, and earlier waiters.
  [[nodiscard]] std::set<AgentName> blockers(const QueuedClaim& claim,
                                             const LeaseTable& leases) const;
  // From 1, among the claims of other agents that wait for the same task or files.
  [[nodiscard]] std::size_t position(const QueuedClaim& claim) const;

  // One of `blockers` that itself waits for `agent`, at whatever remove; nothing if none does.
  // `asked` is the claim that the agent asks for; what it already waits for under that task is
  // taken as given up if its place changes.
  [[nodiscard]] std::optional<AgentName> closes_circle(const AgentName& agent,
                                                       const std::set<AgentName>& blockers,
                                                       const LeaseTable& leases,
                                                       const QueuedClaim* asked = nullptr) const;

 private:
  // The queued claims of other agents that contend with this one for its task or its files.
  [[nodiscard]] std::set<std::uint64_t> contenders(const AgentName& agent, const TaskId& task_id,
                                                   const std::string& worktree, Coverage coverage,
                                                   const std::vector<std::string>& paths) const;
  [[nodiscard]] std::set<AgentName> waiters(const AgentName& agent, const LeaseTable& leases,
                                            std::uint64_t ignored_ticket) const;

  std::map<std::uint64_t, QueuedClaim> queue_;
  std::map<std::uint64_t, Lease>
      shadows_;        // Each claim as the lease it would be; its epoch is the ticket.
  ScopeIndex scopes_;  // Of the shadows.
  std::map<TaskId, std::set<std::uint64_t>> by_task_;
  std::map<std::pair<AgentName, TaskId>, std::uint64_t> tickets_;
  std::set<std::pair<Mono, std::uint64_t>> deadlines_;
  std::map<AgentName, TaskId> waits_;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace synapse::core
