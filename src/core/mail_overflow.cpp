// SPDX-License-Identifier: AGPL-3.0-or-later
// What is dropped when the mailboxes hold more than they may: always the oldest of whoever has too
// much, and never the message that came last.
#include <algorithm>

#include "core/mailroom.hpp"

namespace synapse::core {

namespace {

MailNoted overflow_at(Moment now) {
  MailNoted event;
  event.state = MailState::dropped;
  event.why = DropReason::overflow;
  event.at = now.wall;
  return event;
}

}  // namespace

MailNoted Mailroom::drop(MessageId id, const AgentName& agent, Moment now) {
  MailNoted event = overflow_at(now);
  event.agents = {agent};
  event.ids = {id};
  return event;
}

std::optional<MailNoted> Mailroom::next_overflow(Moment now) {
  while (!crowded_.empty()) {
    const auto found = boxes_.find(*crowded_.begin());
    if (found != boxes_.end()) {
      if (std::optional<MailNoted> event = overflow_of(found->second, now)) return event;
    }
    // The bounds of all are looked at last, once for everybody that may be over its own.
    if (crowded_.size() == 1) {
      if (std::optional<MailNoted> event = overflow_of_all(now)) return event;
    }
    crowded_.erase(crowded_.begin());
  }
  return std::nullopt;
}

std::optional<MailNoted> Mailroom::overflow_of(const Box& box, Moment now) const {
  MailNoted event = overflow_at(now);
  std::size_t left = box.open.size();
  std::size_t bytes = box.bytes;
  for (const MessageId id : box.open) {
    const bool fits = left <= limits_.mailbox_messages_max && bytes <= limits_.mailbox_bytes_max;
    if (fits || left == 1) break;
    event.ids.push_back(id);
    --left;
    bytes -= live_.at(id).bytes;
  }
  if (!event.ids.empty()) {
    event.agents = {*box.name};
    return event;
  }
  if (box.sent_bytes <= limits_.sender_mail_bytes_max || box.sent.size() <= 1) return std::nullopt;
  event.ids = {box.sent.front()};
  for (const Copy& copy : live_.at(box.sent.front()).copies) {
    if (copy.is_open()) event.agents.push_back(*copy.box->name);
  }
  return event;
}

std::optional<MailNoted> Mailroom::overflow_of_all(Moment now) const {
  const bool strangers_fit = strangers_.size() <= limits_.stranger_messages_max &&
                             stranger_bytes_ <= limits_.stranger_bytes_max;
  if (!strangers_fit && strangers_.size() > 1) {
    return drop(strangers_.begin()->first, strangers_.begin()->second, now);
  }
  if (live_bytes_ <= limits_.mail_bytes_max || live_.size() <= 1) return std::nullopt;
  const auto most = std::max_element(
      boxes_.begin(), boxes_.end(),
      [](const auto& a, const auto& b) { return a.second.sent_bytes < b.second.sent_bytes; });
  // Its largest mailbox is the one that has the most bytes of it.
  std::map<AgentName, std::size_t> shares;
  for (const MessageId id : most->second.sent) {
    const Mail& mail = live_.at(id);
    for (const Copy& copy : mail.copies) {
      if (copy.is_open()) shares[*copy.box->name] += mail.bytes;
    }
  }
  const auto largest =
      std::max_element(shares.begin(), shares.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  for (const MessageId id : most->second.sent) {
    const Copy* copy = live_.at(id).copy_of(largest->first);
    if (copy != nullptr && copy->is_open()) return drop(id, largest->first, now);
  }
  return std::nullopt;
}

}  // namespace synapse::core
