// SPDX-License-Identifier: AGPL-3.0-or-later
// How an entry runs: who says it, whether it was said before, what comes of it, and which requests
// that answers.
#include "core/machine.hpp"
#include "core/mail_rules.hpp"
#include "core/refusals.hpp"

namespace synapse::core {

namespace {

// What the one who asked for it holds now.
std::optional<HeldLease> held_by(const Event& event, const AgentName& asker) {
  const Lease* lease = nullptr;
  if (const auto* granted = std::get_if<LeaseGranted>(&event)) lease = &granted->lease;
  if (const auto* extended = std::get_if<LeaseExtended>(&event)) lease = &extended->lease;
  if (const auto* renewed = std::get_if<LeaseRenewed>(&event)) lease = &renewed->lease;
  if (lease == nullptr || lease->owner != asker) return std::nullopt;
  return HeldLease{lease->task_id, lease->epoch};
}

// Requests about mailboxes are answered from the state: sent again, they do nothing more.
bool says_the_same_again(const Command& command) {
  return std::holds_alternative<ReadInbox>(command) || std::holds_alternative<NoteMail>(command) ||
         std::holds_alternative<WithdrawMail>(command) ||
         std::holds_alternative<ReadLetters>(command);
}

}  // namespace

Outcome Machine::execute(const Entry& entry, Scribe& scribe) {
  Outcome outcome;
  Effort effort(limits_.effort_max);
  if (std::holds_alternative<Tick>(entry.what)) {
    tell(due(entry.now), entry, nullptr, scribe, outcome, effort);
  } else if (const auto* wanted = std::get_if<Bind>(&entry.what)) {
    bind(entry, wanted->wish, outcome);
  } else if (std::holds_alternative<Speak>(entry.what)) {
    hear(entry, scribe, outcome, effort);
  } else if (const auto* asked = std::get_if<Act>(&entry.what)) {
    hear(entry, scribe, outcome, effort);
    act(entry, *asked, scribe, outcome, effort);
  } else if (const auto* written = std::get_if<Delivered>(&entry.what)) {
    tell(delivered(*written, entry.now), entry, nullptr, scribe, outcome, effort);
  } else {
    std::vector<Event> events;
    depart(entry.session, std::get<Leave>(entry.what).how, entry.now, events);
    tell(std::move(events), entry, nullptr, scribe, outcome, effort);
  }
  outcome.effort = effort.used();
  return outcome;
}

void Machine::bind(const Entry& entry, const SeatWish& wish, Outcome& outcome) {
  if (seats_.find(entry.session) != nullptr) return;
  Seats::Verdict verdict = seats_.judge(entry.session, wish, leases_, entry.now.mono);
  if (verdict.refusal) {
    outcome.refusal = std::move(verdict.refusal);
    return;
  }
  // The name has not gone: what hangs on the old sockets hangs on the new one.
  for (const SessionId old : verdict.evicted) {
    seats_.leave(old, Parting::closed, entry.now.mono);
    ties_.hand_over(verdict.name, old, entry.session);
  }
  if (verdict.is_takeover) seats_.took_over(verdict.name, entry.now.mono);
  // Somebody else's mail is not theirs who take the name.
  const bool stays =
      mail_.has_unseen(verdict.name) && !seats_.may_use(wish.principal, verdict.name);
  seats_.sit(entry.session, verdict.name, wish,
             stays ? Seats::Ownership::stays : Seats::Ownership::passes);
  outcome.evicted = std::move(verdict.evicted);
}

void Machine::hear(const Entry& entry, Scribe& scribe, Outcome& outcome, Effort& effort) {
  const Seat* seat = seats_.find(entry.session);
  if (seat == nullptr) return;
  const bool is_new = !presence_.last_seen().contains(seat->name) && !Seats::is_drawn(seat->name);
  presence_.seen(seat->name, entry.now.wall, has_mail());
  if (presence_.is_online(seat->name)) return;
  std::vector<Event> events;
  if (is_new) events.emplace_back(AgentSeen{seat->name, entry.now.wall});
  events.emplace_back(AgentJoined{seat->name});
  tell(std::move(events), entry, nullptr, scribe, outcome, effort);
}

void Machine::act(const Entry& entry, const Act& act, Scribe& scribe, Outcome& outcome,
                  Effort& effort) {
  const Seat* seat = seats_.find(entry.session);
  if (seat == nullptr) return;
  const AgentName& actor = seat->name;
  if (!act.request.key.empty() && answer_again(actor, act.request, outcome)) return;
  const auto* chat = std::get_if<PostChat>(&act.command);
  if (chat != nullptr && post_again(actor, act.request, entry.now, scribe, outcome)) {
    if (outcome.again && chat->receipt == Receipt::wanted) {
      const MailRules rules{limits_, mail_, presence_, seats_, *seat, entry.now, effort};
      const ChatMessage& said = *history_.find(actor, act.request.key);
      outcome.again = scribe.write(rules.accepted_again(said), *this, actor, entry.now);
    }
    return;
  }
  const std::optional<TaskId> resumed = resume_place(*seat, act);
  Decision decision = decide(*seat, act.command, entry.now, effort, scribe);
  if (decision.refusal) {
    if (resumed) queue_.remove(actor, *resumed);
    outcome.refusal = std::move(decision.refusal);
    return;
  }
  if (std::holds_alternative<WaitFor>(act.command)) ties_.waits(actor, entry.session);
  if (std::holds_alternative<Advertise>(act.command)) ties_.advertises(actor, entry.session);
  const RequestKey* request = &act.request;
  if (auto* posted = std::get_if<ChatPosted>(&decision.events.front());
      posted != nullptr && chat != nullptr) {
    // The message is its own answer, and its mailboxes are: there is no other to remember.
    posted->message.idem_key = act.request.key;
    if (!act.request.key.empty()) posted->message.digest = act.request.digest;
    request = nullptr;
  }
  if (says_the_same_again(act.command)) request = nullptr;
  if (const auto* queued = std::get_if<ClaimQueued>(&decision.events.front())) {
    // Its answer is still to come.
    ties_.asked({actor, queued->claim.task_id}, {entry.session, act.request});
    request = nullptr;
  }
  tell(std::move(decision.events), entry, request, scribe, outcome, effort);
}

// Whether the agent has said the same before, or something else under the same key.
bool Machine::post_again(const AgentName& actor, const RequestKey& request, Moment now,
                         Scribe& scribe, Outcome& outcome) const {
  const ChatMessage* known = request.key.empty() ? nullptr : history_.find(actor, request.key);
  if (known == nullptr) return false;
  if (known->digest == request.digest) {
    outcome.again = scribe.write(ChatPosted{*known}, *this, actor, now);
  } else {
    outcome.refusal = reused(request.key);
  }
  return true;
}

Refusal Machine::reused(const std::string& key) {
  return {ErrorCode::idempotency_conflict,
          "The idem_key '" + key + "' was used for a different request; draw a new one."};
}

bool Machine::answer_again(const AgentName& actor, const RequestKey& request,
                           Outcome& outcome) const {
  const AnswerRemembered* known = answers_.find(actor, request.type, request.key);
  if (known == nullptr) return false;
  if (!known->digest.empty() && known->digest != request.digest) {
    outcome.refusal = reused(request.key);
  } else if (known->grants && !holds(actor, *known->grants)) {
    outcome.refusal = no_longer_held(*known->grants);
  } else {
    outcome.again = known->response;
  }
  return true;
}

bool Machine::holds(const AgentName& agent, const HeldLease& lease) const {
  const Lease* now = leases_.find(lease.task_id);
  return now != nullptr && now->owner == agent && now->epoch == lease.epoch;
}

Refusal Machine::no_longer_held(const HeldLease& granted) const {
  const std::string what = "Task " + quoted(granted.task_id) + " was granted at epoch " +
                           std::to_string(granted.epoch.value) + ", but that lease is over";
  const Lease* now = leases_.find(granted.task_id);
  if (now == nullptr) {
    return {ErrorCode::no_longer_held, granted.task_id,
            what + " and the task is free; claim it with a new idem_key."};
  }
  return refuse_for(*now, ErrorCode::no_longer_held, granted.task_id,
                    what + "; " + now->owner.text + " holds the task at epoch " +
                        std::to_string(now->epoch.value) + " now.");
}

std::optional<TaskId> Machine::resume_place(const Seat& seat, const Act& act) {
  const auto* claim = std::get_if<ClaimTask>(&act.command);
  if (claim == nullptr) return std::nullopt;
  const std::optional<Ties::KeptPlace> kept = ties_.take_kept({seat.name, claim->task_id});
  if (!kept) return std::nullopt;
  const bool is_the_same = kept->request.key == act.request.key &&
                           kept->request.digest == act.request.digest &&
                           is_same(kept->principal, seat.principal);
  if (!is_the_same) {
    queue_.remove(seat.name, claim->task_id);
    return std::nullopt;
  }
  queue_.bring_back(seat.name, claim->task_id);
  return claim->task_id;
}

void Machine::depart(SessionId session, Parting how, Moment now, std::vector<Event>& events) {
  const std::optional<Seat> seat = seats_.leave(session, how, now.mono);
  if (!seat) return;
  const AgentName& name = seat->name;
  const bool is_last = seats_.of(name).empty();
  const bool may_return = how == Parting::lost && seat->seating == Seating::attached;
  for (const auto& [claim, asker] : ties_.asked_by(name, session)) {
    const bool is_kept = may_return && !asker.request.key.empty();
    if (is_kept) {
      queue_.set_aside(name, claim.second, now.mono + limits_.absence_max);
      ties_.keep(claim, {asker.request, seat->principal});
      ties_.take_asker(claim);
    } else if (!is_last) {
      events.emplace_back(ClaimUnqueued{name, claim.second, ErrorCode::closed});
    }
  }
  if (!is_last) {
    if (ties_.made_card(name, session) && cards_.find(name) != nullptr) {
      events.emplace_back(CardLapsed{name});
    }
    if (ties_.made_wait(name, session)) queue_.end_wait(name);
    return;
  }
  if (presence_.is_online(name)) events.emplace_back(AgentLeft{name});
  owner_may_go(name);
}

void Machine::tell(std::vector<Event> events, const Entry& entry, const RequestKey* request,
                   Scribe& scribe, Outcome& outcome, Effort& effort) {
  const std::size_t own = events.size();
  happen(events, entry.now, effort);
  settle_mail(events, entry.now, scribe);
  const std::size_t first = outcome.events.size();
  for (std::size_t i = 0; i < events.size(); ++i) {
    outcome.events.push_back(std::move(events[i]));
    // Of use until more is told: the events may move then.
    const Event& event = outcome.events.back();
    const bool ends_letters = std::holds_alternative<LettersEnded>(event);
    if (const auto* granted = std::get_if<LeaseGranted>(&event)) {
      const Lease& lease = granted->lease;
      tell_late(AgentName(lease.owner), TaskId(lease.task_id), entry, scribe, outcome);
    } else if (const auto* dropped = std::get_if<ClaimUnqueued>(&event)) {
      ties_.take_kept({dropped->agent, dropped->task_id});
      tell_late(AgentName(dropped->agent), TaskId(dropped->task_id), entry, scribe, outcome);
    } else if (const auto* left = std::get_if<AgentLeft>(&event)) {
      ties_.drop(left->agent);
    } else if (const auto* released = std::get_if<LeaseReleased>(&event)) {
      ties_.take_asker({released->owner, released->task_id});
    } else if (const auto* handed = std::get_if<LeaseHandedOff>(&event)) {
      ties_.take_asker({handed->lease.owner, handed->lease.task_id});
    }
    if (request == nullptr || request->key.empty() || i + 1 != own) continue;
    // What answers comes first, but for letters that are sent again: the chats go before.
    remember(*request, seats_.find(entry.session)->name,
             ends_letters ? outcome.events.size() - 1 : first, entry, scribe, outcome);
  }
}

void Machine::tell_late(const AgentName& agent, const TaskId& task_id, const Entry& entry,
                        Scribe& scribe, Outcome& outcome) {
  const std::optional<Ties::Asker> asker = ties_.take_asker({agent, task_id});
  if (!asker) return;
  const std::size_t index = outcome.events.size() - 1;
  outcome.late_answers.emplace(index, asker->session);
  if (asker->request.key.empty() || !std::holds_alternative<LeaseGranted>(outcome.events[index])) {
    return;
  }
  remember(asker->request, agent, index, entry, scribe, outcome);
}

void Machine::remember(const RequestKey& request, const AgentName& sender, std::size_t index,
                       const Entry& entry, Scribe& scribe, Outcome& outcome) {
  AnswerRemembered answer{request.key,
                          sender,
                          request.type,
                          request.digest,
                          scribe.write(outcome.events[index], *this, sender, entry.now),
                          held_by(outcome.events[index], sender)};
  outcome.written.push_back(index);
  answers_.remember(answer);
  outcome.events.emplace_back(std::move(answer));
}

}  // namespace synapse::core
