// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/mail_rules.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "core/recipients.hpp"

namespace synapse::core {

namespace {

// What a frame says of a message beside its body, at most.
constexpr std::size_t page_overhead = 4096;
constexpr std::size_t stamp_bytes = 512;
// What a message takes beside its body, and each of its copies.
constexpr std::size_t mail_overhead = 240;
constexpr std::size_t copy_overhead = 64;

std::size_t page_bytes(const Mailroom::Mail& mail) {
  constexpr std::size_t escaped = 6;  // Of a thread's character, at worst.
  return mail.body.size() + escaped * mail.thread.view().size() + stamp_bytes;
}

bool is_wanted(MessageId id, const Mailroom::Mail& mail, const InboxWish& wish) {
  if (!wish.ids.empty() && !std::binary_search(wish.ids.begin(), wish.ids.end(), id)) return false;
  if (!wish.thread.empty() && mail.thread.view() != wish.thread) return false;
  return wish.from.empty() || base::glob_match(wish.from, mail.sender->name->text);
}

// Of a mailbox, in their order.
std::vector<MessageId> ids_of(const Mailroom::Box& box, const InboxWish& wish) {
  std::vector<MessageId> ids(std::upper_bound(box.open.begin(), box.open.end(), wish.since),
                             box.open.end());
  if (wish.which == InboxWish::Which::unseen) return ids;
  const auto first = std::upper_bound(box.closed.begin(), box.closed.end(), wish.since);
  std::vector<MessageId> all;
  std::merge(ids.begin(), ids.end(), first, box.closed.end(), std::back_inserter(all));
  return all;
}

bool is_chosen(const LetterWish& wish, MessageId id, const AgentName& agent) {
  if (!wish.agent.empty() && agent != wish.agent) return false;
  return wish.ids.empty() || std::find(wish.ids.begin(), wish.ids.end(), id) != wish.ids.end();
}

// Calls visit(id, mail, copy) for each dead letter that is wanted, the oldest first.
template <class Visit>
void each_letter(const Mailroom& mail, const Seats& seats, const LetterReader& reader,
                 const LetterWish& wish, Visit visit) {
  for (const MessageId id : mail.dead()) {
    const Mailroom::Mail& one = *mail.find(id);
    const AgentName& sender = *one.sender->name;
    const bool is_own = sender == reader.mailbox;
    if (!is_own && (wish.which == Letters::own || !seats.may_use(reader.principal, sender))) {
      continue;
    }
    for (const Mailroom::Copy& copy : one.copies) {
      if (copy.is_dead_letter() && is_chosen(wish, id, *copy.box->name)) visit(id, one, copy);
    }
  }
}

}  // namespace

InboxRead read_inbox(const Mailroom& mail, const AgentName& mailbox, const InboxWish& wish) {
  InboxRead read;
  read.agent = mailbox;
  const Mailroom::Box* box = mail.box(mailbox);
  if (box == nullptr) return read;
  read.unseen = box->open.size();
  read.dropped = static_cast<std::int64_t>(box->dropped);
  std::size_t bytes = page_overhead;
  for (const MessageId id : ids_of(*box, wish)) {
    const Mailroom::Mail& one = *mail.find(id);
    const Mailroom::Copy& copy = *one.copy_of(mailbox);
    if (copy.state == MailState::dropped || !is_wanted(id, one, wish)) continue;
    bytes += page_bytes(one);
    // One that is too large for any page is told of alone, cut.
    const bool fits = bytes <= wish.bytes_max;
    if (read.ids.size() >= wish.limit || (!fits && !read.ids.empty())) {
      read.is_truncated = true;
      break;
    }
    read.is_cut = !fits;
    read.ids.push_back(id);
    if (copy.is_open() && !copy.is_given_out) read.fresh.push_back(id);
  }
  return read;
}

LettersRead read_letters(const Mailroom& mail, const Seats& seats, const LetterReader& reader,
                         const LetterWish& wish) {
  LettersRead read;
  read.which = wish.which;
  read.reader = reader.mailbox;
  std::size_t bytes = page_overhead;
  each_letter(mail, seats, reader, wish,
              [&](MessageId id, const Mailroom::Mail& one, const Mailroom::Copy& copy) {
                const bool is_new =
                    !(wish.which == Letters::own ? copy.seen_by_sender : copy.seen_by_operator);
                ++read.count;
                if (is_new) ++read.fresh;
                bytes += page_bytes(one);
                const bool fits = bytes <= wish.bytes_max;
                if (read.letters.size() >= wish.limit || (!fits && !read.letters.empty())) {
                  read.is_truncated = true;
                  return;
                }
                read.is_cut = !fits;
                read.letters.emplace_back(id, *copy.box->name);
                if (!is_new) return;
                read.ids.push_back(id);
                read.agents.push_back(*copy.box->name);
              });
  return read;
}

SentMail read_sent(const Mailroom& mail, const AgentName& mailbox, const SentWish& wish) {
  SentMail read;
  const Mailroom::Box* box = mail.box(mailbox);
  if (box == nullptr) return read;
  std::vector<MessageId> ids;
  std::merge(box->sent.begin(), box->sent.end(), box->ended.begin(), box->ended.end(),
             std::back_inserter(ids));
  std::size_t bytes = page_overhead;
  for (auto id = ids.rbegin(); id != ids.rend() && *id > wish.since; ++id) {
    if (wish.id.value != 0 && *id != wish.id) continue;
    const Mailroom::Mail& one = *mail.find(*id);
    bytes += page_bytes(one) + stamp_bytes * one.copies.size();
    const bool fits = bytes <= wish.bytes_max;
    if (read.ids.size() >= wish.limit || (!fits && !read.ids.empty())) {
      read.is_truncated = true;
      break;
    }
    read.is_cut = !fits;
    read.ids.push_back(*id);
  }
  std::reverse(read.ids.begin(), read.ids.end());
  return read;
}

// Of another principal's name it has the socket, and not the mailbox.
bool MailRules::has_mailbox() const { return seats.may_use(seat.principal, mailbox_of(seat.name)); }

Decision MailRules::not_owner() const {
  return Refusal(ErrorCode::not_owner, "The mailbox of " + mailbox_of(seat.name).text +
                                           " belongs to somebody else, who had the name before.");
}

MailKept MailRules::kept(ChatMessage message, std::vector<AgentName> recipients, Moment now) {
  MailKept kept;
  kept.bytes = static_cast<std::int64_t>(message.body.size() + mail_overhead +
                                         copy_overhead * recipients.size());
  kept.message = std::move(message);
  kept.recipients = std::move(recipients);
  kept.at = now.wall;
  kept.kept = now.mono;
  return kept;
}

Decision MailRules::post(ChatMessage message, const PostChat& chat) const {
  const Recipients to = find_recipients(chat.target, seat.name, presence, limits, now.wall, effort);
  if (to.names.empty() && chat.receipt == Receipt::none) {
    return Event(ChatPosted{std::move(message)});
  }
  Decision decision(Event(ChatPosted{message}));
  MailKept mail_kept = kept(std::move(message), {to.names.begin(), to.names.end()}, now);
  mail_kept.receipt = chat.receipt;
  mail_kept.thread = chat.thread;
  if (!to.names.empty()) {
    const Mailroom::Mail* answered = mail.find(chat.in_reply_to);
    if (answered != nullptr && chat.thread.empty() && !answered->thread.empty()) {
      mail_kept.thread = answered->thread.view();
      mail_kept.inherits_thread = true;
    }
    decision.events.emplace_back(mail_kept);
    if (auto noted = answer_of(mail_kept.message, chat.in_reply_to)) {
      decision.events.emplace_back(std::move(*noted));
    }
  }
  if (chat.receipt == Receipt::wanted) {
    ChatAccepted answer = accepted(mail_kept);
    answer.are_too_many = to.are_too_many;
    decision.events.emplace_back(std::move(answer));
  }
  return decision;
}

std::optional<MailNoted> MailRules::answer_of(const ChatMessage& message,
                                              MessageId in_reply_to) const {
  const AgentName mailbox = mailbox_of(seat.name);
  const Mailroom::Mail* answered = mail.find(in_reply_to);
  const Mailroom::Copy* copy = answered == nullptr ? nullptr : answered->copy_of(mailbox);
  if (copy == nullptr || !has_mailbox() || !copy->may_come_to(MailState::answered)) {
    return std::nullopt;
  }
  MailNoted noted;
  noted.agents = {mailbox};
  noted.ids = {in_reply_to};
  noted.state = MailState::answered;
  noted.at = now.wall;
  noted.answer = message.id;
  return noted;
}

ChatAccepted MailRules::accepted(const MailKept& kept) const {
  ChatAccepted answer;
  answer.id = kept.message.id;
  if (!kept.recipients.empty()) {
    answer.thread = kept.thread;
    answer.kept_for = limits.mailbox_ttl;
  }
  for (const AgentName& agent : kept.recipients) {
    ChatAccepted::Recipient recipient;
    recipient.agent = agent;
    const std::optional<double> seen = last_sighting(presence, agent);
    if (!seen) {
      recipient.presence = Presentness::never_seen;
      recipient.nearest = nearest_name(agent, presence, effort);
    } else if (!is_present(presence, agent)) {
      recipient.presence = Presentness::away;
      recipient.away_since = seen;
    }
    recipient.does_not_read = mail.does_not_read(agent);
    answer.recipients.push_back(std::move(recipient));
  }
  return answer;
}

ChatAccepted MailRules::accepted_again(const ChatMessage& message) const {
  MailKept as_kept;
  as_kept.message.id = message.id;
  const Mailroom::Mail* known = mail.find(message.id);
  if (known == nullptr) {
    ChatAccepted answer = accepted(as_kept);
    answer.are_too_many =
        find_recipients(message.target, seat.name, presence, limits, now.wall, effort).are_too_many;
    return answer;
  }
  as_kept.thread = known->thread.view();
  for (const Mailroom::Copy& copy : known->copies) as_kept.recipients.push_back(*copy.box->name);
  ChatAccepted answer = accepted(as_kept);
  auto recipient = answer.recipients.begin();
  for (const Mailroom::Copy& copy : known->copies) (recipient++)->state = copy.state;
  return answer;
}

Decision MailRules::read(const ReadInbox& command) const {
  if (!has_mailbox()) return not_owner();
  return Event(read_inbox(mail, mailbox_of(seat.name), command.wish));
}

Decision MailRules::note(const NoteMail& command) const {
  if (!has_mailbox()) return not_owner();
  const AgentName mailbox = mailbox_of(seat.name);
  const Mailroom::Box* box = mail.box(mailbox);
  std::vector<MessageId> ids = command.ids;
  if (command.through && box != nullptr) {
    for (const MessageId id : box->open) {
      if (id > *command.through) break;
      const Mailroom::Copy& copy = *mail.find(id)->copy_of(mailbox);
      if (copy.is_given_out || copy.state == MailState::received) ids.push_back(id);
    }
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  MailNoted noted;
  noted.agents = {mailbox};
  noted.state = command.state;
  noted.at = now.wall;
  DeliveryNoted answer;
  answer.state = command.state;
  answer.unseen = box == nullptr ? 0 : box->open.size();
  for (const MessageId id : ids) {
    const Mailroom::Mail* one = mail.find(id);
    const Mailroom::Copy* copy = one == nullptr ? nullptr : one->copy_of(mailbox);
    if (copy == nullptr) continue;
    const bool rises = copy->may_come_to(command.state);
    if (rises) noted.ids.push_back(id);
    if (rises || (copy->state >= command.state && copy->state != MailState::dropped)) {
      answer.ids.push_back(id);
    }
    if (rises && copy->is_open() && command.state == MailState::seen) --answer.unseen;
  }
  Decision decision;
  if (!noted.ids.empty()) decision.events.emplace_back(std::move(noted));
  decision.events.emplace_back(std::move(answer));
  return decision;
}

Decision MailRules::withdraw(const WithdrawMail& command) const {
  const Mailroom::Mail* one = mail.find(command.id);
  if (one == nullptr || *one->sender->name != mailbox_of(seat.name)) {
    return Refusal(ErrorCode::unknown_message,
                   "Message " + std::to_string(command.id.value) +
                       " is not kept any more, was never kept, or is somebody else's.");
  }
  if (!has_mailbox()) return not_owner();
  Decision decision;
  MailNoted noted;
  noted.ids = {command.id};
  noted.state = MailState::dropped;
  noted.why = DropReason::withdrawn;
  noted.at = now.wall;
  for (const Mailroom::Copy& copy : one->copies) {
    if (copy.is_open()) noted.agents.push_back(*copy.box->name);
  }
  if (!noted.agents.empty()) decision.events.emplace_back(std::move(noted));
  decision.events.emplace_back(MailWithdrawn{command.id});
  return decision;
}

Decision MailRules::read(const ReadLetters& command) const {
  if (!has_mailbox()) return not_owner();
  const AgentName mailbox = mailbox_of(seat.name);
  return Event(read_letters(mail, seats, {mailbox, seat.principal}, command.wish));
}

Decision MailRules::retry(const RetryLetters& command, ChatMessage next,
                          const Scribe& scribe) const {
  if (!has_mailbox()) return not_owner();
  const AgentName mailbox = mailbox_of(seat.name);
  Decision decision;
  LettersEnded ended;
  ended.retried_as.emplace();
  std::size_t bytes = 0;
  each_letter(mail, seats, {mailbox, seat.principal}, command.wish,
              [&](MessageId id, const Mailroom::Mail& one, const Mailroom::Copy& copy) {
                const bool fits = ended.ids.size() < limits.events_per_turn_max &&
                                  bytes + one.body.size() <= limits.event_bytes_per_turn_max;
                if (!fits) {
                  ++ended.left;
                  return;
                }
                bytes += one.body.size();
                ChatMessage message = next;
                next.id = next.id.next();
                message.sender = *one.sender->name;
                message.target = copy.box->name->text;
                message.body = scribe.readdressed(one.body, *copy.box->name, id);
                MailKept again = kept(message, {*copy.box->name}, now);
                again.receipt = one.receipt;
                again.thread = std::string(one.thread.view());
                again.inherits_thread = one.inherits_thread;
                ended.ids.push_back(id);
                ended.agents.push_back(*copy.box->name);
                ended.retried_as->push_back(message.id);
                decision.events.emplace_back(ChatPosted{std::move(message)});
                decision.events.emplace_back(std::move(again));
              });
  decision.events.emplace_back(std::move(ended));
  return decision;
}

Decision MailRules::clear(const ClearLetters& command) const {
  if (!has_mailbox()) return not_owner();
  const AgentName mailbox = mailbox_of(seat.name);
  LettersEnded ended;
  each_letter(mail, seats, {mailbox, seat.principal}, command.wish,
              [&ended](MessageId id, const Mailroom::Mail&, const Mailroom::Copy& copy) {
                ended.ids.push_back(id);
                ended.agents.push_back(*copy.box->name);
              });
  return Event(std::move(ended));
}

}  // namespace synapse::core
