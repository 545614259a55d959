// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/encode_mail.hpp"

#include <algorithm>

#include "core/recipients.hpp"
#include "wire/bounds.hpp"
#include "wire/encode.hpp"
#include "wire/fields.hpp"
#include "wire/records.hpp"

namespace synapse::wire {

namespace {

using Mail = core::Mailroom::Mail;
using Copy = core::Mailroom::Copy;

std::string counted(std::size_t count, std::string_view what) {
  return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

std::string numbered(MessageId id) { return "Message " + std::to_string(id.value); }

void write_thread(JsonWriter& json, std::string_view thread) {
  if (!thread.empty()) json.field("thread", thread);
}

void write_reason(JsonWriter& json, core::DropReason why) {
  json.key("why");
  if (why == core::DropReason::none) {
    json.null();
  } else {
    json.value(word(why));
  }
}

// A message as its chat frame, with more members. One that is too large for its page has of its
// payload the beginning.
std::string frame_of(MessageId id, const Mail& mail, JsonWriter members, bool is_cut) {
  if (mail.inherits_thread) write_thread(members, mail.thread.view());
  core::ChatMessage message;
  message.id = id;
  message.timestamp = mail.timestamp;
  message.hub_id = mail.hub_id.view();
  message.body = is_cut ? SharedText(shortened(mail.body)) : in_own_words(mail.body);
  return with_members(chat_frame(message), members.end_object().text());
}

JsonWriter members() {
  JsonWriter json;
  json.begin_object();
  return json;
}

void write_copy(JsonWriter& json, const Copy& copy) {
  json.begin_object().field("agent", *copy.box->name).field("state", word(copy.state));
  write_reason(json, copy.state == core::MailState::dropped ? copy.why : core::DropReason::none);
  json.field("at", copy.at);
  if (copy.answer.value != 0) json.field("answer", copy.answer);
  json.end_object();
}

void write_copies(JsonWriter& json, const Mail& mail) {
  json.key("recipients").begin_array();
  for (const Copy& copy : mail.copies) write_copy(json, copy);
  json.end_array();
}

void write_recipient(JsonWriter& json, const core::ChatAccepted::Recipient& recipient) {
  json.begin_object()
      .field("agent", recipient.agent)
      .field("state", word(recipient.state))
      .field("presence", word(recipient.presence))
      .field("away_since", recipient.away_since)
      .field("nearest", recipient.nearest);
  if (recipient.does_not_read) json.key("does_not_read").boolean(true);
  json.end_object();
}

// What people are told of a message's way.
std::string sentence(MessageId id, const AgentName& agent, const core::MailNoted& event) {
  const std::string message = numbered(id);
  switch (event.state) {
    case core::MailState::kept:
    case core::MailState::sent:
      return message + " was sent to " + agent.text + ".";
    case core::MailState::received:
      return message + " was received by " + agent.text + ".";
    case core::MailState::seen:
      return message + " was seen by " + agent.text + ".";
    case core::MailState::answered:
      return message + " was answered by " + agent.text + ".";
    case core::MailState::dropped:
      break;
  }
  return message + " will not be delivered to " + agent.text + ": " + std::string(word(event.why)) +
         ".";
}

}  // namespace

std::string MailFrames::accepted(const core::ChatAccepted& event) const {
  std::string names;
  for (const auto& recipient : event.recipients) {
    names += (names.empty() ? "" : ", ") + recipient.agent.text;
  }
  constexpr std::size_t names_bytes_max = 4096;
  if (names.size() > names_bytes_max) names = counted(event.recipients.size(), "agent");
  JsonWriter json =
      envelope.open("chat_accepted", to,
                    names.empty() ? numbered(event.id) + " is a broadcast."
                                  : numbered(event.id) + " is kept for " + names + ".");
  json.field("msg_id", event.id);
  write_thread(json, event.thread);
  json.key("recipients").begin_array();
  for (const auto& recipient : event.recipients) write_recipient(json, recipient);
  json.end_array();
  if (event.kept_for.count() > 0) json.field("kept_seconds", event.kept_for.count());
  if (event.are_too_many) json.key("too_many").boolean(true);
  return json.end_object().take();
}

std::string MailFrames::inbox(const core::InboxRead& event) const {
  JsonWriter json = envelope.open("inbox_snapshot", to, counted(event.ids.size(), "message"));
  json.field("agent", event.agent).key("messages").begin_array();
  auto fresh = event.fresh.begin();
  for (const MessageId id : event.ids) {
    const Mail* one = mail.find(id);
    const Copy* copy = one == nullptr ? nullptr : one->copy_of(event.agent);
    if (copy == nullptr) continue;
    fresh = std::find_if(fresh, event.fresh.end(), [id](MessageId first) { return first >= id; });
    const bool is_again = copy->is_open() && (fresh == event.fresh.end() || *fresh != id);
    JsonWriter more = members();
    more.field("state", word(copy->state)).field("at", copy->at);
    if (is_again) more.key("again").boolean(true);
    json.raw(frame_of(id, *one, std::move(more), event.is_cut));
  }
  json.end_array()
      .field("unseen", static_cast<std::uint64_t>(event.unseen))
      .key("truncated")
      .boolean(event.is_truncated)
      .field("dropped", event.dropped);
  return json.end_object().take();
}

std::string MailFrames::noted(const core::DeliveryNoted& event) const {
  JsonWriter json =
      envelope.open("delivery_noted", to, std::to_string(event.ids.size()) + " noted");
  json.field("state", word(event.state))
      .field("msg_ids", event.ids)
      .field("unseen", static_cast<std::uint64_t>(event.unseen));
  return json.end_object().take();
}

std::string MailFrames::sent(const AgentName& mailbox, const core::SentMail& sent) const {
  JsonWriter json = envelope.open("sent_snapshot", to, counted(sent.ids.size(), "message"));
  json.field("agent", mailbox).key("messages").begin_array();
  for (const MessageId id : sent.ids) {
    const Mail& one = *mail.find(id);
    JsonWriter more = members();
    write_copies(more, one);
    json.raw(frame_of(id, one, std::move(more), sent.is_cut));
  }
  json.end_array().key("truncated").boolean(sent.is_truncated);
  return json.end_object().take();
}

std::string MailFrames::withdrawn(const core::MailWithdrawn& event) const {
  JsonWriter json = envelope.open("withdrawn", to, numbered(event.id) + " was withdrawn.");
  json.field("msg_id", event.id);
  if (const Mail* one = mail.find(event.id)) {
    write_copies(json, *one);
  } else {
    json.key("recipients").begin_array().end_array();
  }
  return json.end_object().take();
}

std::string MailFrames::letters(const core::LettersRead& event) const {
  // By recipient; of each the oldest first.
  std::vector<std::pair<AgentName, MessageId>> letters;
  for (const auto& [id, agent] : event.letters) letters.emplace_back(agent, id);
  std::sort(letters.begin(), letters.end());
  std::vector<std::pair<AgentName, MessageId>> fresh;
  for (std::size_t i = 0; i < event.ids.size(); ++i) {
    fresh.emplace_back(event.agents[i], event.ids[i]);
  }
  std::sort(fresh.begin(), fresh.end());
  JsonWriter json = envelope.open("dead_letters_snapshot", to, counted(event.count, "dead letter"));
  json.key("recipients").begin_array();
  for (auto letter = letters.begin(); letter != letters.end();) {
    const AgentName& agent = letter->first;
    const bool is_online = core::is_present(presence, agent);
    const std::optional<double> seen = core::last_sighting(presence, agent);
    const core::Presentness there = is_online ? core::Presentness::online
                                    : seen    ? core::Presentness::away
                                              : core::Presentness::never_seen;
    json.begin_object().field("agent", agent).field("presence", word(there));
    json.field("away_since", is_online ? std::optional<double>() : seen);
    json.key("does_not_read").boolean(mail.does_not_read(agent));
    json.key("letters").begin_array();
    for (; letter != letters.end() && letter->first == agent; ++letter) {
      const Mail& one = *mail.find(letter->second);
      const Copy& copy = *one.copy_of(agent);
      JsonWriter more = members();
      write_reason(more, copy.why);
      more.field("at", copy.at).key("new");
      more.boolean(std::binary_search(fresh.begin(), fresh.end(), *letter));
      json.raw(frame_of(letter->second, one, std::move(more), event.is_cut));
    }
    json.end_array().end_object();
  }
  json.end_array()
      .field("count", static_cast<std::uint64_t>(event.count))
      .field("new", static_cast<std::uint64_t>(event.fresh))
      .key("truncated")
      .boolean(event.is_truncated);
  return json.end_object().take();
}

std::string MailFrames::letters_ended(const core::LettersEnded& event) const {
  if (!event.retried_as) {
    JsonWriter json = envelope.open("dead_letters_cleared", to,
                                    counted(event.ids.size(), "dead letter") + " cleared");
    json.field("count", static_cast<std::uint64_t>(event.ids.size()));
    return json.end_object().take();
  }
  JsonWriter json = envelope.open("dead_letters_retried", to,
                                  counted(event.ids.size(), "dead letter") + " said again");
  json.key("messages").begin_array();
  for (std::size_t i = 0; i < event.ids.size(); ++i) {
    const MessageId id = event.retried_as->at(i);
    // A mailbox that is full may have lost it again in the same turn.
    const Mail* again = mail.find(id);
    const Copy* copy = again == nullptr ? nullptr : again->copy_of(event.agents[i]);
    json.begin_object()
        .field("msg_id", id)
        .field("retry_of", event.ids[i])
        .field("agent", event.agents[i])
        .field("state", word(copy == nullptr ? core::MailState::dropped : copy->state))
        .end_object();
  }
  json.end_array().field("left", static_cast<std::uint64_t>(event.left));
  return json.end_object().take();
}

std::string MailFrames::receipt(MessageId id, const AgentName& agent,
                                const core::MailNoted& event) const {
  JsonWriter json = envelope.open("receipt", to, sentence(id, agent, event));
  json.field("msg_id", id).field("agent", agent).field("state", word(event.state));
  write_reason(json, event.why);
  json.field("at", event.at);
  if (event.answer.value != 0) json.field("answer", event.answer);
  return json.end_object().take();
}

std::string MailFrames::does_not_read(const core::DoesNotRead& event) const {
  JsonWriter json =
      envelope.open("does_not_read", to,
                    event.agent.text + " does not read: " + counted(event.dropped, "message") +
                        " for it were dropped within an hour.");
  json.field("agent", event.agent)
      .field("dropped", static_cast<std::uint64_t>(event.dropped))
      .field("unseen", static_cast<std::uint64_t>(event.unseen));
  return json.end_object().take();
}

std::vector<MailNews> Encoder::mail_news(const core::Event& event, const core::Machine& machine,
                                         double now) const {
  std::vector<MailNews> news;
  const auto frames = [&](const AgentName& sender) {
    return MailFrames{{hub_id_, now}, machine.mail(), machine.presence(), sender.text};
  };
  if (const auto* stopped = std::get_if<core::DoesNotRead>(&event)) {
    for (const AgentName& sender : stopped->senders) {
      news.push_back({sender, {}, {}, frames(sender).does_not_read(*stopped)});
    }
  }
  const auto* noted = std::get_if<core::MailNoted>(&event);
  // It left a mailbox as it was.
  const bool says_nothing = noted == nullptr || (noted->state == core::MailState::sent &&
                                                 noted->why != core::DropReason::none);
  if (says_nothing) return news;
  for (const MessageId id : noted->ids) {
    const Mail* one = machine.mail().find(id);
    if (one == nullptr || one->receipt != core::Receipt::wanted) continue;
    const AgentName& sender = *one->sender->name;
    for (const AgentName& agent : noted->agents) {
      news.push_back({sender, id, agent, frames(sender).receipt(id, agent, *noted)});
    }
  }
  return news;
}

std::string Encoder::inbox(const AgentName& to, const core::Machine& machine,
                           const InboxRequest& request, double now) const {
  const MailFrames frames{{hub_id_, now}, machine.mail(), machine.presence(), to.text};
  return frames.inbox(core::read_inbox(machine.mail(), request.mailbox, request.wish));
}

std::string Encoder::sent(const AgentName& to, const core::Machine& machine,
                          const SentRequest& request, double now) const {
  const MailFrames frames{{hub_id_, now}, machine.mail(), machine.presence(), to.text};
  return frames.sent(request.mailbox,
                     core::read_sent(machine.mail(), request.mailbox, request.wish));
}

std::string Encoder::letters(const AgentName& to, const core::Machine& machine,
                             const LettersRequest& request, const core::Principal& principal,
                             double now) const {
  const MailFrames frames{{hub_id_, now}, machine.mail(), machine.presence(), to.text};
  return frames.letters(core::read_letters(machine.mail(), machine.seats(),
                                           {request.mailbox, principal}, request.wish));
}

}  // namespace synapse::wire
