// SPDX-License-Identifier: AGPL-3.0-or-later
// Claims that wait for their turn, in the order of their arrival, and agents that said that they
// wait for a task.
//
// Fairness: a queued claim is granted when no live lease and no earlier queued claim of another
// agent is in its way. Claims that don't wait are judged by the leases alone; they can only
// overtake a queued claim that is still blocked.
//
// A queued claim is looked at when it arrives, and again only when the one thing that it was found
// to wait for is freed: it is parked on that lease, or behind that earlier claim. While the thing
// is there the claim can't be granted, whatever else happens, so nobody else pays for it. It is
// parked behind the last earlier claim that contends with it, if there is one, and on a lease
// otherwise: of ten thousand that wait for one path each release wakes one. Where a claim is
// parked decides when it is looked at and never whether it is granted, so nothing about it is
// saved: a queue that is filled again looks at all of its claims once.
//
// The claims of an agent whose sockets all fell silent keep their places, in case it comes back,
// and stand in nobody's way meanwhile (set_aside, bring_back).
//
// Both kinds of waiting make the graph in which deadlocks are looked for. Its edges are derived
// from the leases of the moment, so a task that ends or moves takes its edges along. The search
// goes from the agent that asks to those that wait for it: mostly nobody does, however many wait
// for the same thing as it.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "core/event.hpp"
#include "core/lease_table.hpp"
#include "core/scope_index.hpp"

namespace synapse::core {

struct QueuedClaim {
  AgentName agent;
  ClaimTask claim;  // Its paths are normalised.
  std::uint64_t ticket = 0;
  Mono deadline{Mono::max()};  // The end of its patience.
  Mono absent_until{
      Mono::max()};  // When its place goes, if its agent is not back; max: it is here.

  [[nodiscard]] bool is_absent() const { return absent_until != Mono::max(); }
  [[nodiscard]] Mono due() const { return std::min(deadline, absent_until); }
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
  [[nodiscard]] std::vector<const QueuedClaim*> due(Mono now, std::size_t at_most) const;
  // What the claims take: all of them, and those of one agent.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::size_t bytes_of(const AgentName& agent) const;

  // The place a claim would have: the one it holds already if it still asks for the same files,
  // else the last.
  [[nodiscard]] std::uint64_t ticket_for(const AgentName& agent, const ClaimTask& claim) const;
  [[nodiscard]] std::uint64_t last_ticket() const { return last_ticket_; }

  void add(QueuedClaim claim);
  void remove(const AgentName& agent, const TaskId& task_id);
  // But for those that are set aside.
  void remove_all(const AgentName& agent);
  // Out of everybody's way, with its place kept until then; and back, unless it is gone.
  void set_aside(const AgentName& agent, const TaskId& task_id, Mono until);
  void bring_back(const AgentName& agent, const TaskId& task_id);

  // A lease ended, changed its owner or its scope: whatever is parked on it has to be looked at.
  void freed(const TaskId& lease);
  // The next claim, by ticket, that has to be looked at, which it then no longer has; null if there
  // is none. Whoever looks grants it, removes it, or parks it again.
  [[nodiscard]] const QueuedClaim* take_next();
  void park_on(const QueuedClaim& claim, const TaskId& lease);
  void park_behind(const QueuedClaim& claim, const QueuedClaim& earlier);
  // An earlier claim of another agent that contends with this one, the last one if that is cheap to
  // tell; null if there is none, or the effort was spent before one was found.
  [[nodiscard]] const QueuedClaim* ahead_of(const QueuedClaim& claim, Effort& effort) const;
  // Whether there are claims to look at.
  [[nodiscard]] bool is_behind() const { return !to_look_at_.empty(); }
  // What the claims wait for, by ticket in place of the epoch.
  [[nodiscard]] const ScopeIndex& scopes() const { return scopes_; }

  void start_wait(const AgentName& waiter, const TaskId& task_id);
  void end_wait(const AgentName& waiter);
  void end_waits_for(const TaskId& task_id);
  // Ends the waits for tasks that this agent holds.
  void end_waits_on(const AgentName& holder, const LeaseTable& leases);
  [[nodiscard]] const std::map<AgentName, TaskId>& waits() const { return waits_; }

  // From 1, among the claims of other agents that wait for the same task or files; counted up to
  // position_max.
  [[nodiscard]] std::size_t position(const QueuedClaim& claim, Effort& effort) const;
  static constexpr std::size_t position_max = 100;

  // An agent that waits for `agent`, at whatever remove, and for which `agent` would wait: because
  // of this claim of its, or because of the holder of a task. Nothing if there is none. What the
  // agent already waits for under the claim's task is taken as given up if its place changes.
  // Once the effort is spent the answer says nothing.
  [[nodiscard]] std::optional<AgentName> closes_circle(const QueuedClaim& claim,
                                                       const LeaseTable& leases,
                                                       Effort& effort) const;
  [[nodiscard]] std::optional<AgentName> closes_circle(const AgentName& agent,
                                                       const AgentName& holder,
                                                       const LeaseTable& leases,
                                                       Effort& effort) const;
  // A lease of `holder` for which `waiter` waits itself; null: there is none.
  [[nodiscard]] const Lease* awaited(const AgentName& waiter, const AgentName& holder,
                                     const LeaseTable& leases, Effort& effort) const;

 private:
  friend struct MachineState;
  class Followers;

  // The tickets, up to `at_most` of them, of other agents' claims that contend with this scope for
  // its task or its files and came before `before`.
  [[nodiscard]] std::set<std::uint64_t> contenders(const AgentName& agent, const ClaimTask& scope,
                                                   std::uint64_t before, std::size_t at_most,
                                                   Effort& effort) const;
  // The agents in the way of a claim: holders of leases, and earlier waiters.
  [[nodiscard]] std::set<AgentName> blockers(const QueuedClaim& claim, const LeaseTable& leases,
                                             Effort& effort) const;
  void enter(const QueuedClaim& claim);
  void withdraw(const QueuedClaim& claim);
  void unpark(std::uint64_t ticket);
  void wake(std::set<std::uint64_t>& parked);

  std::map<std::uint64_t, QueuedClaim> queue_;
  // Of the claims that are not set aside: each as the lease it would be; its epoch is the ticket.
  std::map<std::uint64_t, Lease> shadows_;
  ScopeIndex scopes_;  // Of the shadows.
  std::map<TaskId, std::set<std::uint64_t>> by_task_;
  std::map<std::pair<AgentName, TaskId>, std::uint64_t> tickets_;
  std::set<std::pair<Mono, std::uint64_t>> deadlines_;
  std::map<TaskId, std::set<std::uint64_t>> on_leases_;             // Parked, by the lease.
  std::map<std::uint64_t, std::set<std::uint64_t>> behind_claims_;  // Parked, by the earlier claim.
  std::map<std::uint64_t, std::variant<TaskId, std::uint64_t>> parked_;  // Where each one is.
  std::set<std::uint64_t> to_look_at_;
  std::size_t bytes_ = 0;
  std::map<AgentName, std::size_t> bytes_of_;
  std::map<AgentName, TaskId> waits_;
  std::map<TaskId, std::set<AgentName>> waiters_;  // The same, by the task.
  std::uint64_t last_ticket_ = 0;
};

}  // namespace synapse::core
