// SPDX-License-Identifier: AGPL-3.0-or-later
// The rules of claims and leases, one function a command: each looks at the tables and names the
// event or the refusal. Used by Machine::decide() alone. Source: docs/protocol.md, Claims and
// leases.
#pragma once

#include "core/claim_queue.hpp"
#include "core/command.hpp"
#include "core/decision.hpp"
#include "core/effort.hpp"
#include "core/lease_table.hpp"
#include "core/limits.hpp"
#include "core/presence.hpp"

namespace synapse::core {

struct LeaseRules {
  const Limits& limits;
  const LeaseTable& leases;
  const ClaimQueue& queue;
  const Presence& presence;
  const AgentName& actor;
  Moment now;
  Effort& effort;

  // Grants, refuses, or queues if the command asks to wait.
  [[nodiscard]] Decision claim(ClaimTask command) const;
  // The grant of a claim whose paths are normalised, or the refusal; never queues.
  [[nodiscard]] Decision grant(const ClaimTask& command) const;
  [[nodiscard]] Decision extend(const ExtendLease& command) const;
  [[nodiscard]] Decision release(const ReleaseTask& command) const;
  [[nodiscard]] Decision renew(const RenewLease& command) const;
  [[nodiscard]] Decision update(const UpdateTask& command) const;
  [[nodiscard]] Decision checkpoint(const SaveCheckpoint& command) const;
  [[nodiscard]] Decision hand_off(const HandOff& command) const;
  [[nodiscard]] Decision wait_for(const WaitFor& command) const;

 private:
  [[nodiscard]] std::optional<Refusal> claim_obstacle(const ClaimTask& command) const;
  // Another's lease that covers some of these files.
  [[nodiscard]] std::optional<Refusal> scope_obstacle(const TaskId& id, const std::string& worktree,
                                                      const std::vector<std::string>& paths,
                                                      const Claimant& claimant) const;
  [[nodiscard]] std::optional<Refusal> own_obstacle(const TaskId& id) const;
  [[nodiscard]] std::optional<Refusal> growth_obstacle(const Lease& held,
                                                       const std::vector<std::string>& added) const;
  // Of paths of that lease's worktree, those that other claims of its party cover.
  void leave_out_own(const Lease& held, std::vector<std::string>& paths) const;
  [[nodiscard]] Decision narrow(const Lease& held, const std::vector<std::string>& paths) const;
  [[nodiscard]] Decision enqueue(ClaimTask command, Refusal obstacle) const;
  [[nodiscard]] std::optional<Refusal> queue_obstacle(const QueuedClaim& claim) const;
  // A claim that is free to take, but promised to one that waits.
  [[nodiscard]] std::optional<Refusal> promised(const ClaimTask& command) const;
  // Of a claim whose patterns are too many for one folder of this index, or that can't be compared
  // with what it has.
  [[nodiscard]] std::optional<Refusal> pattern_obstacle(const ClaimTask& command,
                                                        const ScopeIndex& scopes) const;
  [[nodiscard]] Refusal too_dear(const TaskId& id) const;
  // Of a lease that would not fit, in the place of what it replaces.
  [[nodiscard]] std::optional<Refusal> room_obstacle(const Lease& lease) const;
  // A claim as it would stand in the queue.
  [[nodiscard]] QueuedClaim waiting(const ClaimTask& command) const;
  // The actor's own live lease, or why it is not.
  [[nodiscard]] std::optional<Refusal> not_mine(const TaskId& task_id,
                                                const std::optional<std::int64_t>& epoch) const;
  [[nodiscard]] std::optional<Refusal> receiver_obstacle(const Lease& lease,
                                                         const AgentName& to) const;
  [[nodiscard]] std::optional<Refusal> receiver_room_obstacle(
      const std::vector<const Lease*>& given, const AgentName& to) const;
  // Adds the events that give a lease to another agent.
  void pass_on(const Lease& lease, const AgentName& to, const std::optional<std::string>& note,
               Epoch epoch, Decision& decision) const;
  [[nodiscard]] Refusal ran_out(const Lapse& lapse, const Lease* lease) const;
  void tell_of_lapse(Refusal& refusal, const TaskId& id) const;
  [[nodiscard]] std::optional<Refusal> add_to(const Lease& held, ClaimTask& command) const;
  [[nodiscard]] static std::optional<GivenUp> given_up_by(const Lease& lease, const Lease& held);
  // An agent that names no length never gets a shorter one than it has.
  static void keep_longer_term(Lease& lease, const Lease& held);
  [[nodiscard]] double lease_seconds(const std::optional<double>& ttl) const;
  void start_term(Lease& lease, double seconds) const;
};

// Whether a lease may go from one status to another; staying put is legal.
[[nodiscard]] bool may_follow(LeaseStatus from, LeaseStatus to);

}  // namespace synapse::core
