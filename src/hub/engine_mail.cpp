// SPDX-License-Identifier: AGPL-3.0-or-later
// What the engine does for mailboxes: who may ask for which, requests that wait, receipts to the
// sockets that want them, and the word to the machine that a message was written to a client which
// will not say so itself.
#include <algorithm>

#include "core/recipients.hpp"
#include "hub/engine.hpp"

namespace synapse::hub {

namespace {

// Whole messages are copied twice.
constexpr std::size_t mail_page_bytes = 3UL << 19U;

AgentName* mailbox_in(wire::Query& query) {
  if (auto* inbox = std::get_if<wire::InboxRequest>(&query)) return &inbox->mailbox;
  if (auto* sent = std::get_if<wire::SentRequest>(&query)) return &sent->mailbox;
  if (auto* letters = std::get_if<wire::LettersRequest>(&query)) return &letters->mailbox;
  return nullptr;
}

void bound_answer(wire::Query& query, std::size_t bytes_max) {
  if (auto* inbox = std::get_if<wire::InboxRequest>(&query)) inbox->wish.bytes_max = bytes_max;
  if (auto* sent = std::get_if<wire::SentRequest>(&query)) sent->wish.bytes_max = bytes_max;
  if (auto* letters = std::get_if<wire::LettersRequest>(&query)) {
    letters->wish.bytes_max = bytes_max;
  }
}

// All sockets that act as the owner of a mailbox.
template <class Visit>
void each_seat(const core::Seats& seats, const AgentName& mailbox, Visit visit) {
  for (const std::string_view suffix : core::mailbox_suffixes) {
    for (const SessionId id : seats.of(AgentName(mailbox.text + std::string(suffix)))) visit(id);
  }
}

}  // namespace

// Settles whose mailbox a request is about, and says why it may not be asked for.
std::optional<core::Refusal> Engine::mailbox_obstacle(const Session& session, wire::Query& query,
                                                      std::size_t max_bytes) const {
  AgentName* mailbox = mailbox_in(query);
  if (mailbox == nullptr) return std::nullopt;
  bound_answer(query, std::min({max_bytes, snapshot_bytes_max_, mail_page_bytes}));
  if (!session.is_observer) {
    const AgentName own = core::mailbox_of(session.name);
    if (mailbox->empty()) *mailbox = own;
    if (*mailbox != own) {
      return core::Refusal(ErrorCode::not_owner,
                           "The mailbox of " + mailbox->text + " is not that of this connection.");
    }
  } else if (mailbox->empty()) {
    return core::Refusal(ErrorCode::wrong_field_type,
                         "An observer has no mailbox: `for` must name one.");
  }
  if (session.pass.allows(mailbox->text) &&
      machine().seats().may_use(door_.principal(session), *mailbox)) {
    return std::nullopt;
  }
  return core::Refusal(ErrorCode::not_owner,
                       "The mailbox of " + mailbox->text + " belongs to somebody else.");
}

// A chat that left out its sender has the name of its socket, and so has an operator's first one,
// which could not know it.
void Engine::name_speaker(const Session& session, wire::Inbound& inbound) {
  auto* command = std::get_if<core::Command>(&inbound.body);
  auto* chat = command == nullptr ? nullptr : std::get_if<core::PostChat>(command);
  const bool is_unnamed =
      inbound.sender.empty() || inbound.hello.seating == core::Seating::operating;
  if (chat != nullptr && is_unnamed) chat->body = wire::with_sender(chat->body, session.name);
}

// A request that changes what a mailbox remembers is a command like others; one that must not, or
// can't, remains a query.
void Engine::make_command(const Session& session, wire::Inbound& inbound) const {
  auto& query = std::get<wire::Query>(inbound.body);
  if (session.is_observer || !room_.read_only_reason().empty()) return;
  if (const auto* inbox = std::get_if<wire::InboxRequest>(&query); inbox && !inbox->peeks) {
    core::InboxWish wish = inbox->wish;
    inbound.body = core::Command(core::ReadInbox{std::move(wish)});
  } else if (const auto* letters = std::get_if<wire::LettersRequest>(&query)) {
    core::LetterWish wish = letters->wish;
    inbound.body = core::Command(core::ReadLetters{std::move(wish)});
  }
}

bool Engine::waits_for_mail(const Session& session, const wire::Inbound& inbound, Moment now) {
  const auto* query = std::get_if<wire::Query>(&inbound.body);
  const auto* inbox = query == nullptr ? nullptr : std::get_if<wire::InboxRequest>(query);
  if (inbox == nullptr || inbox->wait_seconds <= 0 || has_mail_for(*inbox)) return false;
  return waits_.add({session.id, *inbox, now.mono + base::from_seconds(inbox->wait_seconds)});
}

bool Engine::has_mail_for(const wire::InboxRequest& request) const {
  return !core::read_inbox(machine().mail(), request.mailbox, request.wish).ids.empty();
}

void Engine::wake_waits(const core::Outcome& outcome, Moment now) {
  for (const core::Event& event : outcome.events) {
    const auto* kept = std::get_if<core::MailKept>(&event);
    if (kept == nullptr) continue;
    answer_waits(
        waits_.take(kept->recipients,
                    [this](const wire::InboxRequest& request) { return has_mail_for(request); }),
        now);
  }
}

void Engine::answer_waits(std::vector<InboxWaits::Wait> waits, Moment now) {
  for (InboxWaits::Wait& wait : waits) {
    const SharedSession session = door_.sockets().find(wait.session);
    if (session == nullptr || !session->is_open) continue;
    wire::Inbound inbound;
    inbound.body = wire::Query(std::move(wait.request));
    make_command(*session, inbound);
    if (auto* command = std::get_if<core::Command>(&inbound.body)) {
      log_.propose({session->id, now, core::Act{std::move(*command), {}}});
      continue;
    }
    const auto& request = std::get<wire::InboxRequest>(std::get<wire::Query>(inbound.body));
    Turn turn;
    turn.send(session->id, room_.answer(request, asker(*session, request.wish.bytes_max),
                                        door_.sockets().authenticated_count(), now));
    room_.finish(std::move(turn));
  }
}

Room::Asker Engine::asker(const Session& session, std::size_t max_bytes) const {
  return {session.id, std::min(max_bytes, snapshot_bytes_max_), door_.principal(session)};
}

// Somebody else may sit under a name whose owner is away and has mail there.
bool Engine::acts_for(SessionId id, const AgentName& mailbox) const {
  const core::Seat* seat = machine().seats().find(id);
  return seat != nullptr && machine().seats().may_use(seat->principal, mailbox);
}

void Engine::tell_sender(const Delivery& delivery) {
  each_seat(machine().seats(), delivery.receipts_of, [&](SessionId id) {
    const SharedSession session = door_.sockets().find(id);
    const bool asked =
        session && session->is_open && session->interest && session->interest->receipts;
    if (asked && acts_for(id, delivery.receipts_of)) hand(*session, delivery.frame);
  });
}

std::set<SessionId> Engine::silent_recipients(const Delivery& delivery) const {
  std::set<SessionId> silent;
  for (const AgentName& recipient : delivery.recipients) {
    each_seat(machine().seats(), recipient, [&](SessionId id) {
      const core::Seat* seat = machine().seats().find(id);
      if (seat->seating == core::Seating::alone && acts_for(id, recipient)) silent.insert(id);
    });
  }
  return silent;
}

void Engine::written(const Session& session, MessageId message) {
  // Somebody else has taken the name over: it is not known any more whose message that was.
  if (session.name.empty()) return;
  // Most often to all recipients of a message at once.
  if (written_.empty() || written_.back().id != message) written_.push_back({message, {}});
  written_.back().agents.push_back(core::mailbox_of(session.name));
}

void Engine::note_written(Moment now) {
  std::vector<core::Delivered> all = std::exchange(written_, {});
  // Nobody is told of what the log can't keep.
  if (!room_.read_only_reason().empty()) return;
  for (core::Delivered& written : all) {
    log_.propose({SessionId{}, now, std::move(written)});
  }
  run();
}

}  // namespace synapse::hub
