// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/machine.hpp"

#include <algorithm>

#include "core/findings.hpp"
#include "core/lease_rules.hpp"

namespace synapse::core {

Machine::Machine(const Limits& limits, std::string hub_id)
    : limits_(limits),
      hub_id_(std::move(hub_id)),
      leases_(limits.checkpoints_kept_max),
      plan_(limits.plan_tasks_max, limits.progress_max),
      presence_(limits.last_seen_max),
      history_(limits.history_max, limits.history_bytes_max),
      answers_(limits.answers_max),
      seats_(limits) {}

struct Machine::Decide {
  const Machine& machine;
  const AgentName& actor;
  Moment now;

  [[nodiscard]] LeaseRules rules() const {
    return {machine.limits_, machine.leases_, machine.queue_, machine.presence_, actor, now};
  }

  Decision operator()(const ClaimTask& command) const { return rules().claim(command); }
  Decision operator()(const ReleaseTask& command) const { return rules().release(command); }
  Decision operator()(const RenewLease& command) const { return rules().renew(command); }
  Decision operator()(const UpdateTask& command) const { return rules().update(command); }
  Decision operator()(const SaveCheckpoint& command) const { return rules().checkpoint(command); }
  Decision operator()(const HandOff& command) const { return rules().hand_off(command); }
  Decision operator()(const WaitFor& command) const { return rules().wait_for(command); }
  Decision operator()(const DeclarePlanTask& command) const {
    return machine.plan_.decide_declare(actor, command, now);
  }
  Decision operator()(const UpdatePlanTask& command) const {
    return machine.plan_.decide_update(command, now);
  }
  Decision operator()(const PostProgress& command) const {
    return Plan::decide_progress(actor, command, now);
  }
  Decision operator()(const RecordFinding& command) const {
    return decide_finding(actor, command.finding, now);
  }
  Decision operator()(const PostChat& command) const {
    const bool stamped = command.timestamp && *command.timestamp != 0;
    return Event(ChatPosted{{machine.history_.last_id().next(), actor, command.target, command.body,
                             stamped ? *command.timestamp : now.wall, machine.hub_id_}});
  }
  Decision operator()(const LogRecall& command) const {
    Recall recall = command.recall;
    recall.by = actor;
    recall.at = now.wall;
    return Event(RecallLogged{std::move(recall)});
  }
  Decision operator()(const Advertise& command) const {
    return Event(CardAdvertised{{actor, command.description, command.skills, command.task_classes,
                                 command.model, command.meta, now.wall,
                                 now.mono + machine.limits_.card_ttl}});
  }
  Decision operator()(const OfferResource& command) const {
    if (command.kind.empty() || command.name.empty()) {
      return Refusal(ErrorCode::blank_offer, "A resource offer needs a kind and a name.");
    }
    const OfferKey key{actor, command.kind, command.name};
    if (machine.offers_.find(key) == nullptr &&
        offers_of_actor() >= machine.limits_.offers_per_agent) {
      return Refusal(ErrorCode::offer_quota, actor.text + " already offers " +
                                                 std::to_string(machine.limits_.offers_per_agent) +
                                                 " resources; let one lapse first.");
    }
    return Event(ResourceOffered{{actor, command.kind, command.name,
                                  std::max<std::int64_t>(1, command.capacity), command.meta,
                                  now.wall, now.mono + machine.limits_.offer_ttl}});
  }

  [[nodiscard]] std::size_t offers_of_actor() const {
    std::size_t count = 0;
    const auto& all = machine.offers_.all();
    for (auto it = all.lower_bound({actor, "", ""}); it != all.end(); ++it) {
      if (std::get<0>(it->first) != actor) break;
      ++count;
    }
    return count;
  }
};

Decision Machine::decide(const AgentName& actor, const Command& command, Moment now) const {
  return std::visit(Decide{*this, actor, now}, command);
}

struct Machine::Apply {
  Machine& machine;

  void operator()(const LeaseGranted& event) const {
    machine.leases_.drop_checkpoint(event.lease.task_id);
    machine.leases_.put(event.lease);
    // In place of a lease of its own, it may cover less than that did.
    machine.queue_.freed(event.lease.task_id);
    machine.queue_.remove(event.lease.owner, event.lease.task_id);
    machine.queue_.end_wait(event.lease.owner);
  }
  void operator()(const LeaseRenewed& event) const { machine.leases_.put(event.lease); }
  void operator()(const TaskUpdated& event) const { machine.leases_.put(event.lease); }
  void operator()(const CheckpointSaved& event) const { machine.leases_.put(event.lease); }
  void operator()(const LeaseHandedOff& event) const {
    machine.leases_.put(event.lease);
    machine.queue_.freed(event.lease.task_id);
    machine.queue_.remove(event.lease.owner, event.lease.task_id);
    machine.queue_.end_wait(event.lease.owner);
    machine.lease_ended(event.previous_owner);
  }
  void operator()(const LeaseReleased& event) const {
    machine.leases_.remove(event.task_id);
    machine.leases_.drop_checkpoint(event.task_id);
    machine.queue_.freed(event.task_id);
    machine.queue_.remove(event.owner, event.task_id);
    machine.queue_.end_waits_for(event.task_id);
    machine.lease_ended(event.owner);
  }
  void operator()(const LeaseExpired& event) const {
    machine.leases_.expire(event.task_id);
    machine.leases_.keep_checkpoint(event.task_id, event.checkpoint);
    machine.queue_.freed(event.task_id);
    machine.queue_.end_waits_for(event.task_id);
    machine.lease_ended(event.owner);
  }
  void operator()(const PlanTaskDeclared& event) const { machine.plan_.put(event.task); }
  void operator()(const PlanTaskUpdated& event) const { machine.plan_.put(event.task); }
  void operator()(const ProgressPosted& event) const { machine.plan_.add(event.note); }
  void operator()(const ResourceOffered& event) const {
    machine.offers_.put({event.offer.agent, event.offer.kind, event.offer.name}, event.offer);
  }
  void operator()(const ChatPosted& event) const { machine.history_.add(event.message); }
  void operator()(const FindingRecorded&) const {}  // Carried and logged; the machine keeps none.
  void operator()(const RecallLogged&) const {}
  void operator()(const AnswerRemembered& event) const { machine.answers_.remember(event); }
  void operator()(const AgentSeen& event) const {
    machine.presence_.seen_since(event.agent, event.last_seen);
  }
  void operator()(const AgentJoined& event) const { machine.presence_.join(event.agent); }
  void operator()(const AgentLeft& event) const {
    machine.presence_.leave(event.agent);
    machine.cards_.remove(event.agent);
    machine.queue_.remove_all(event.agent);
    machine.queue_.end_wait(event.agent);
    machine.queue_.end_waits_on(event.agent, machine.leases_);
  }
  void operator()(const OfferLapsed& event) const {
    machine.offers_.remove({event.agent, event.kind, event.name});
  }
  void operator()(const CardAdvertised& event) const {
    machine.cards_.put(event.card.agent, event.card);
  }
  void operator()(const CardLapsed& event) const { machine.cards_.remove(event.agent); }
  void operator()(const WaitStarted& event) const {
    machine.queue_.start_wait(event.waiter, event.task_id);
  }
  void operator()(const ClaimQueued& event) const {
    machine.queue_.add({event.agent, event.claim, event.ticket, event.deadline});
  }
  void operator()(const ClaimUnqueued& event) const {
    machine.queue_.remove(event.agent, event.task_id);
  }
};

void Machine::apply(const Event& event) { std::visit(Apply{*this}, event); }

// The owner of a name counts while somebody has it or it has a live lease.
void Machine::lease_ended(const AgentName& owner) {
  if (seats_.of(owner).empty() && leases_.count_of(owner) == 0) seats_.forget_owner(owner);
}

void Machine::happen(std::vector<Event>& events, Moment now) {
  for (const Event& event : events) apply(event);
  serve_queue(now, events);
}

std::vector<Event> Machine::due(Mono now) const {
  std::vector<Event> events;
  for (const Lease* lease : leases_.due(now)) {
    events.emplace_back(
        LeaseExpired{lease->task_id, lease->owner, lease->epoch, lease->checkpoint});
  }
  for (const Offer* offer : offers_.due(now)) {
    events.emplace_back(OfferLapsed{offer->agent, offer->kind, offer->name});
  }
  for (const Card* card : cards_.due(now)) events.emplace_back(CardLapsed{card->agent});
  for (const QueuedClaim* queued : queue_.due(now)) {
    const bool lost_patience = queued->deadline <= now;
    events.emplace_back(ClaimUnqueued{queued->agent, queued->claim.task_id,
                                      lost_patience ? ErrorCode::wait_expired : ErrorCode::closed});
  }
  return events;
}

std::optional<Mono> Machine::next_deadline() const {
  std::optional<Mono> next;
  for (const std::optional<Mono>& one : {leases_.next_deadline(), offers_.next_deadline(),
                                         cards_.next_deadline(), queue_.next_deadline()}) {
    if (one && (!next || *one < *next)) next = one;
  }
  return next;
}

void Machine::serve_queue(Moment now, std::vector<Event>& events) {
  while (const QueuedClaim* queued = queue_.take_next()) {
    if (const QueuedClaim* earlier = queue_.ahead_of(*queued)) {
      queue_.park_behind(*queued, *earlier);
      continue;
    }
    const LeaseRules rules{limits_, leases_, queue_, presence_, queued->agent, now};
    Decision decision = rules.grant(queued->claim);
    if (!decision.refusal) {
      events.push_back(std::move(decision.events.front()));
      apply(events.back());
      continue;
    }
    const ErrorCode why = decision.refusal->error.code;
    if (why == ErrorCode::task_held || why == ErrorCode::scope_held) {
      queue_.park_on(*queued, *decision.refusal->conflict_task_id);
      continue;
    }
    events.emplace_back(ClaimUnqueued{queued->agent, queued->claim.task_id, why});
    apply(events.back());
  }
}

void Machine::adopt_sockets(const Machine& other) {
  presence_ = other.presence_;
  cards_ = other.cards_;
  seats_ = other.seats_;
  ties_ = other.ties_;
  ties_.drop_claims();
}

}  // namespace synapse::core
