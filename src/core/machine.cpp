// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/machine.hpp"

#include <algorithm>

#include "core/findings.hpp"
#include "core/footprint.hpp"
#include "core/lease_rules.hpp"
#include "core/mail_rules.hpp"
#include "core/operator_rules.hpp"
#include "core/recipients.hpp"

namespace synapse::core {

Machine::Machine(const Limits& limits, std::string hub_id)
    : limits_(limits),
      hub_id_(std::move(hub_id)),
      leases_(limits),
      plan_(limits),
      presence_(limits.last_seen_max),
      history_(limits.history_max, limits.history_bytes_max),
      answers_(limits),
      seats_(limits),
      mail_(limits) {}

struct Machine::Decide {
  const Machine& machine;
  const Seat& seat;
  const AgentName& actor;
  Moment now;
  Effort& effort;
  const Scribe& scribe;

  [[nodiscard]] MailRules mail() const {
    return {machine.limits_, machine.mail_, machine.presence_, machine.seats_, seat, now, effort};
  }
  [[nodiscard]] ChatMessage next_message() const {
    ChatMessage message;
    message.id = machine.history_.last_id().next();
    message.sender = actor;
    message.timestamp = now.wall;
    message.hub_id = machine.hub_id_;
    return message;
  }
  [[nodiscard]] LeaseRules rules() const {
    return {machine.limits_, machine.leases_, machine.queue_, machine.presence_, actor, now,
            effort};
  }

  Decision operator()(const ClaimTask& command) const { return rules().claim(command); }
  Decision operator()(const ExtendLease& command) const { return rules().extend(command); }
  Decision operator()(const ReleaseTask& command) const { return rules().release(command); }
  Decision operator()(const RenewLease& command) const { return rules().renew(command); }
  Decision operator()(const UpdateTask& command) const { return rules().update(command); }
  Decision operator()(const SaveCheckpoint& command) const { return rules().checkpoint(command); }
  Decision operator()(const HandOff& command) const { return rules().hand_off(command); }
  Decision operator()(const WaitFor& command) const { return rules().wait_for(command); }
  Decision operator()(const EndWait& command) const {
    return Refusal(ErrorCode::auth_denied, command.task_id,
                   "Only operators end the waits of others; show the operators' token.");
  }
  Decision operator()(const DeclarePlanTask& command) const {
    return machine.plan_.decide_declare(actor, command, now, effort);
  }
  Decision operator()(const UpdatePlanTask& command) const {
    return machine.plan_.decide_update(command, now);
  }
  Decision operator()(const ForgetPlanTask& command) const {
    return machine.plan_.decide_forget(command);
  }
  Decision operator()(const PostProgress& command) const {
    return Plan::decide_progress(actor, command, now);
  }
  Decision operator()(const RecordFinding& command) const {
    return decide_finding(actor, command.finding, now);
  }
  Decision operator()(const PostChat& command) const {
    ChatMessage message = next_message();
    message.target = command.target;
    message.body = command.body;
    if (command.timestamp && *command.timestamp != 0) message.timestamp = *command.timestamp;
    return mail().post(std::move(message), command);
  }
  Decision operator()(const ReportWrite& command) const {
    const Lease* lease = machine.leases_.find(command.task_id);
    if (lease == nullptr || lease->owner == actor) {
      return Refusal(ErrorCode::unknown_task, command.task_id, "Nobody else holds it any more.");
    }
    return Event(UnclaimedWrite{actor, lease->owner, lease->task_id, lease->worktree, command.path,
                                command.at});
  }
  Decision operator()(const ReadInbox& command) const { return mail().read(command); }
  Decision operator()(const NoteMail& command) const { return mail().note(command); }
  Decision operator()(const WithdrawMail& command) const { return mail().withdraw(command); }
  Decision operator()(const ReadLetters& command) const { return mail().read(command); }
  Decision operator()(const RetryLetters& command) const {
    return mail().retry(command, next_message(), scribe);
  }
  Decision operator()(const ClearLetters& command) const { return mail().clear(command); }
  Decision operator()(const LogRecall& command) const {
    Recall recall = command.recall;
    recall.by = actor;
    recall.at = now.wall;
    return Event(RecallLogged{std::move(recall)});
  }
  Decision operator()(const Advertise& command) const {
    Card card{
        actor,         command.description, command.skills, command.task_classes,
        command.model, command.meta,        now.wall,       now.mono + machine.limits_.card_ttl};
    const Card* known = machine.cards_.find(actor);
    const std::size_t before = known == nullptr ? 0 : footprint(*known);
    const std::size_t bytes = footprint(card);
    if (bytes > before &&
        machine.cards_.bytes() - before + bytes > machine.limits_.card_bytes_max) {
      return Refusal(ErrorCode::bytes_quota,
                     "The cards of all agents take as many bytes as they may; say less.");
    }
    return Event(CardAdvertised{std::move(card)});
  }
  Decision operator()(const OfferResource& command) const {
    if (command.kind.empty() || command.name.empty()) {
      return Refusal(ErrorCode::blank_offer, "A resource offer needs a kind and a name.");
    }
    Offer offer{actor,
                command.kind,
                command.name,
                std::max<std::int64_t>(1, command.capacity),
                command.meta,
                now.wall,
                now.mono + machine.limits_.offer_ttl};
    if (std::optional<Refusal> full = offer_obstacle(offer)) return std::move(*full);
    return Event(ResourceOffered{std::move(offer)});
  }

  [[nodiscard]] std::optional<Refusal> offer_obstacle(const Offer& offer) const {
    const Limits& limits = machine.limits_;
    const Offers& all = machine.offers_;
    const Offer* known = all.find({actor, offer.kind, offer.name});
    std::size_t count = 0;
    std::size_t own_bytes = 0;
    for (auto it = all.all().lower_bound({actor, "", ""}); it != all.all().end(); ++it) {
      if (std::get<0>(it->first) != actor) break;
      ++count;
      own_bytes += footprint(it->second);
    }
    if (known == nullptr && count >= limits.offers_per_agent) {
      return Refusal(ErrorCode::offer_quota, actor.text + " already offers " +
                                                 std::to_string(limits.offers_per_agent) +
                                                 " resources; let one lapse first.");
    }
    const std::size_t before = known == nullptr ? 0 : footprint(*known);
    const std::size_t bytes = footprint(offer);
    if (bytes <= before) return std::nullopt;
    if (own_bytes - before + bytes > limits.offer_bytes_per_agent) {
      return Refusal(ErrorCode::bytes_quota,
                     "The offers of " + actor.text + " take as many bytes as they may; say less.");
    }
    if (all.bytes() - before + bytes > limits.offer_bytes_max ||
        (known == nullptr && all.all().size() >= limits.offers_max)) {
      return Refusal(ErrorCode::bytes_quota,
                     "The offers of all agents are as many as may be; try again later.");
    }
    return std::nullopt;
  }
};

Decision Machine::decide(const Seat& seat, const Command& command, Moment now, Effort& effort,
                         const Scribe& scribe) const {
  if (seat.seating != Seating::operating) {
    return std::visit(Decide{*this, seat, seat.name, now, effort, scribe}, command);
  }
  const OperatorRules rules{leases_, queue_, seat.name};
  if (std::optional<Refusal> refusal = OperatorRules::obstacle(command)) return *std::move(refusal);
  if (const auto* end = std::get_if<EndWait>(&command)) return rules.end_wait(*end);
  const AgentName& agent = rules.in_place_of(command);
  Decision decision = std::visit(Decide{*this, seat, agent, now, effort, scribe}, command);
  if (!decision.refusal) rules.sign(command, agent, decision);
  return decision;
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
  void operator()(const LeaseExtended& event) const { machine.leases_.put(event.lease); }
  void operator()(const LeaseNarrowed& event) const {
    machine.leases_.put(event.lease);
    machine.queue_.freed(event.lease.task_id);
  }
  void operator()(const LeaseRenewed& event) const { machine.leases_.put(event.lease); }
  void operator()(const TaskUpdated& event) const { machine.leases_.put(event.lease); }
  void operator()(const CheckpointSaved& event) const { machine.leases_.put(event.lease); }
  void operator()(const LeaseHandedOff& event) const {
    machine.leases_.put(event.lease);
    machine.queue_.freed(event.lease.task_id);
    machine.queue_.remove(event.lease.owner, event.lease.task_id);
    machine.queue_.end_wait(event.lease.owner);
    machine.owner_may_go(event.previous_owner);
  }
  void operator()(const LeaseReleased& event) const {
    machine.leases_.remove(event.task_id);
    machine.leases_.drop_checkpoint(event.task_id);
    machine.queue_.freed(event.task_id);
    machine.queue_.remove(event.owner, event.task_id);
    machine.queue_.end_waits_for(event.task_id);
    machine.owner_may_go(event.owner);
  }
  void operator()(const LeaseExpired& event) const {
    machine.leases_.expire(event.task_id);
    machine.leases_.keep_checkpoint(event.task_id, event.checkpoint);
    machine.queue_.freed(event.task_id);
    machine.queue_.end_waits_for(event.task_id);
    machine.owner_may_go(event.owner);
  }
  void operator()(const PlanTaskDeclared& event) const { machine.plan_.put(event.task); }
  void operator()(const PlanTaskUpdated& event) const { machine.plan_.put(event.task); }
  void operator()(const PlanTaskForgotten& event) const { machine.plan_.forget(event.task_id); }
  void operator()(const ProgressPosted& event) const { machine.plan_.add(event.note); }
  void operator()(const ResourceOffered& event) const {
    machine.offers_.put({event.offer.agent, event.offer.kind, event.offer.name}, event.offer);
  }
  void operator()(const ChatPosted& event) const { machine.history_.add(event.message); }
  void operator()(const FindingRecorded&) const {}  // Carried and logged; the machine keeps none.
  void operator()(const RecallLogged&) const {}
  void operator()(const UnclaimedWrite&) const {}
  void operator()(const OperatorActed& event) const {
    const auto wait = machine.queue_.waits().find(event.agent);
    const bool is_over = event.action == "end_wait" && wait != machine.queue_.waits().end() &&
                         wait->second == event.task_id;
    if (is_over) machine.queue_.end_wait(event.agent);
  }
  void operator()(const AnswerRemembered& event) const { machine.answers_.remember(event); }
  void operator()(const AgentSeen& event) const {
    machine.presence_.seen_since(event.agent, event.last_seen, machine.has_mail());
    machine.mail_.know(event.agent);
  }
  void operator()(const AgentJoined& event) const {
    machine.presence_.join(event.agent);
    machine.mail_.know(event.agent);
  }
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
  void operator()(const MailKept& event) const {
    machine.mail_.keep(event, machine.presence_);
    for (const AgentName& agent : event.recipients) machine.seats_.bring_owner_back(agent);
  }
  void operator()(const MailNoted& event) const {
    machine.mail_.note(event);
    for (const AgentName& agent : event.agents) machine.owner_may_go(agent);
  }
  void operator()(const InboxRead& event) const { machine.mail_.gave_out(event); }
  void operator()(const LettersRead& event) const { machine.mail_.looked_at(event); }
  void operator()(const LettersEnded& event) const { machine.mail_.end_letters(event); }
  void operator()(const DoesNotRead& event) const { machine.mail_.stopped_reading(event); }
  void operator()(const ChatAccepted&) const {}
  void operator()(const DeliveryNoted&) const {}
  void operator()(const MailWithdrawn&) const {}
};

void Machine::apply(const Event& event) { std::visit(Apply{*this}, event); }

void Machine::owner_may_go(const AgentName& name) {
  const bool is_free =
      seats_.of(name).empty() && leases_.count_of(name) == 0 && !mail_.has_unseen(name);
  if (!is_free) return;
  seats_.set_owner_aside(name);
  if (seats_.former_owners() <= 2 * limits_.last_seen_max) return;
  seats_.forget_former_owners(
      [this](const AgentName& former) { return presence_.last_seen().contains(former); });
}

void Machine::happen(std::vector<Event>& events, Moment now, Effort& effort) {
  for (const Event& event : events) apply(event);
  serve_queue(now, events, effort);
}

std::vector<Event> Machine::due(Moment moment) const {
  const Mono now = moment.mono;
  std::vector<Event> events;
  std::size_t bytes = 0;
  const auto left = [&] {
    const bool is_full = bytes > limits_.event_bytes_per_turn_max;
    return is_full ? 0 : limits_.events_per_turn_max - events.size();
  };
  for (const Lease* lease : leases_.due(now, left())) {
    if (left() == 0) break;
    bytes += lease->checkpoint.size();
    events.emplace_back(
        LeaseExpired{lease->task_id, lease->owner, lease->epoch, lease->checkpoint});
  }
  for (const Offer* offer : offers_.due(now, left())) {
    events.emplace_back(OfferLapsed{offer->agent, offer->kind, offer->name});
  }
  for (const Card* card : cards_.due(now, left())) events.emplace_back(CardLapsed{card->agent});
  for (const QueuedClaim* queued : queue_.due(now, left())) {
    const bool lost_patience = queued->deadline <= now;
    events.emplace_back(ClaimUnqueued{queued->agent, queued->claim.task_id,
                                      lost_patience ? ErrorCode::wait_expired : ErrorCode::closed});
  }
  for (MailNoted& expired : mail_.due(moment, left())) events.emplace_back(std::move(expired));
  return events;
}

std::optional<Mono> Machine::next_deadline() const {
  if (queue_.is_behind()) return Mono(0);
  std::optional<Mono> next;
  for (const std::optional<Mono>& one :
       {leases_.next_deadline(), offers_.next_deadline(), cards_.next_deadline(),
        queue_.next_deadline(), mail_.next_deadline()}) {
    if (one && (!next || *one < *next)) next = one;
  }
  return next;
}

void Machine::serve_queue(Moment now, std::vector<Event>& events, Effort& effort) {
  // Beside the searches: a look, and what a grant costs to tell, a byte of it in all places.
  constexpr std::size_t look_steps = 2000;
  constexpr std::size_t grant_steps = 20'000;
  constexpr std::size_t byte_steps = 4;
  const std::size_t before = events.size();
  while (!effort.is_spent() && events.size() - before < limits_.events_per_turn_max) {
    const QueuedClaim* queued = queue_.take_next();
    if (queued == nullptr) return;
    Effort own(limits_.effort_max);
    look_at(*queued, now, events, own);
    effort.take(own.used() + look_steps);
    if (events.empty()) continue;
    if (const auto* granted = std::get_if<LeaseGranted>(&events.back())) {
      effort.take(grant_steps + byte_steps * footprint(granted->lease));
    }
  }
}

void Machine::look_at(const QueuedClaim& queued, Moment now, std::vector<Event>& events,
                      Effort& effort) {
  const QueuedClaim* earlier = queue_.ahead_of(queued, effort);
  if (earlier != nullptr) return queue_.park_behind(queued, *earlier);
  const LeaseRules rules{limits_, leases_, queue_, presence_, queued.agent, now, effort};
  Decision decision = rules.grant(queued.claim);
  if (!decision.refusal && !effort.is_spent()) {
    events.push_back(std::move(decision.events.front()));
    return apply(events.back());
  }
  const ErrorCode why = decision.refusal ? decision.refusal->error.code : ErrorCode::pattern_quota;
  if (why == ErrorCode::task_held || why == ErrorCode::scope_held) {
    return queue_.park_on(queued, *decision.refusal->conflict_task_id);
  }
  events.emplace_back(ClaimUnqueued{queued.agent, queued.claim.task_id, why});
  apply(events.back());
}

std::string Machine::fit() {
  mail_.look_for_overflow();
  std::string said;
  const auto say = [&said](std::size_t count, const char* what) {
    if (count != 0) said += (said.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  say(leases_.fit(), "claims lost their notes or checkpoints");
  say(plan_.fit(), "plan tasks lost dependencies, descriptions or their place");
  say(offers_.fit(limits_.offers_max, limits_.offer_bytes_max), "offers were dropped");
  return said;
}

void Machine::adopt_sockets(const Machine& other) {
  presence_ = other.presence_;
  cards_ = other.cards_;
  seats_ = other.seats_;
  ties_ = other.ties_;
  ties_.drop_claims();
}

}  // namespace synapse::core
