// SPDX-License-Identifier: AGPL-3.0-or-later
// A hand-off passes a claim on with all that lies in it: the giver's other claims within the same
// files go along, since two agents would hold those files otherwise.
#include "core/footprint.hpp"
#include "core/lease_rules.hpp"
#include "core/refusals.hpp"
#include "core/scope_cover.hpp"
#include "core/seats.hpp"

namespace synapse::core {

namespace {

// Of the giver's other claims, those that go along: to see what lies within costs what they hold.
constexpr std::size_t along_max = 16;

Refusal refuse_beside(const Lease& other, const Lease& lease, const AgentName& to) {
  std::string message = "Task " + quoted(lease.task_id) + " can't go to " + to.text + ": " +
                        files_of(other.paths) + " is held by " + other.owner.text + " under task " +
                        quoted(other.task_id);
  if (other.owner == lease.owner) {
    message += " as well and would not go along; release or narrow " + quoted(other.task_id) +
               ", or hand it over first";
  }
  return refuse_for(other, ErrorCode::scope_held, lease.task_id, message + ".");
}

}  // namespace

std::optional<Refusal> LeaseRules::receiver_obstacle(const Lease& lease,
                                                     const AgentName& to) const {
  const TaskId& id = lease.task_id;
  if (to.empty()) {
    return refuse_for(lease, ErrorCode::blank_target, id,
                      "A hand-off of " + quoted(id) + " needs to_agent; name one.");
  }
  if (to == actor) {
    return refuse_for(lease, ErrorCode::target_is_owner, id,
                      to.text + " holds task " + quoted(id) + " already.");
  }
  if (Seats::is_operators(to)) {
    return refuse_for(lease, ErrorCode::target_offline, id,
                      to.text + " is an operator and holds nothing; name an agent.");
  }
  if (!presence.is_online(to)) {
    return refuse_for(lease, ErrorCode::target_offline, id,
                      to.text + " is not online; name an agent that is.");
  }
  return std::nullopt;
}

Decision LeaseRules::hand_off(const HandOff& command) const {
  const TaskId& id = command.task_id;
  if (auto refusal = not_mine(id, command.epoch)) return std::move(*refusal);
  const Lease& lease = *leases.find(id);
  const AgentName& to = command.to_agent;
  if (auto refusal = receiver_obstacle(lease, to)) return std::move(*refusal);
  std::vector<const Lease*> given{&lease};
  // What a claim by the new owner would be checked for.
  if (lease.coverage == Coverage::files) {
    ScopeCover given_files(lease.paths);
    for (const Lease* other : leases.scopes().conflicts(lease.worktree, lease.paths, to, effort)) {
      if (other == &lease) continue;
      const bool may_go_along =
          other->owner == actor && other->worktree == lease.worktree && given.size() <= along_max;
      if (!may_go_along || !given_files.covers(other->paths)) {
        return refuse_beside(*other, lease, to);
      }
      given.push_back(other);
    }
    if (effort.is_spent()) return too_dear(id);
  }
  if (leases.count_of(to) + given.size() > limits.claims_per_agent) {
    return refuse_for(lease, ErrorCode::claim_quota, id,
                      to.text + " may hold " + std::to_string(limits.claims_per_agent) +
                          " claims and can't take " + std::to_string(given.size()) + " more.");
  }
  if (auto full = receiver_room_obstacle(given, to)) return std::move(*full);
  Decision decision;
  Epoch epoch = leases.last_epoch();
  for (const Lease* one : given) {
    epoch = epoch.next();
    pass_on(*one, to, one == &lease ? command.note : std::nullopt, epoch, decision);
  }
  return decision;
}

std::optional<Refusal> LeaseRules::receiver_room_obstacle(const std::vector<const Lease*>& given,
                                                          const AgentName& to) const {
  const TaskId& id = given.front()->task_id;
  std::size_t bytes = 0;
  for (const Lease* one : given) bytes += footprint(*one);
  if (leases.bytes_of(to) + bytes > limits.lease_bytes_per_agent) {
    return Refusal(ErrorCode::bytes_quota, id,
                   "The claims of " + to.text +
                       " would take more bytes than they may; shorten the "
                       "notes and checkpoints of what you hand over.");
  }
  // All of it is told at once.
  if (given.size() > 1 && bytes > limits.event_bytes_per_turn_max) {
    return Refusal(ErrorCode::bytes_quota, id,
                   "With task " + quoted(id) + " go " + std::to_string(given.size() - 1) +
                       " more, and together they are too large; hand those over first.");
  }
  return std::nullopt;
}

void LeaseRules::pass_on(const Lease& lease, const AgentName& to,
                         const std::optional<std::string>& note, Epoch epoch,
                         Decision& decision) const {
  Lease passed = lease;
  if (note) passed.note = *note;
  passed.owner = to;
  passed.epoch = epoch;
  passed.version = Version{};
  passed.claimed_at = now.wall;
  start_term(passed, lease_seconds(std::nullopt));
  std::string text = "handed off to " + to.text;
  if (!passed.note.empty()) text += ": " + passed.note;
  decision.events.emplace_back(LeaseHandedOff{std::move(passed), actor});
  decision.events.emplace_back(
      ProgressPosted{{lease.task_id, actor.text, ProgressKind::note, std::move(text), now.wall}});
}

}  // namespace synapse::core
