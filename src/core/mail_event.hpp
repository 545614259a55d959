// SPDX-License-Identifier: AGPL-3.0-or-later
// What happens to mail, as other events do (core/event.hpp): docs/protocol.md, Delivery.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/mail.hpp"
#include "core/model.hpp"

namespace synapse::core {

// A chat is in the mailboxes of those that it is directed at.
struct MailKept {
  ChatMessage message;                // The log has all but its number in the record of the chat.
  std::vector<AgentName> recipients;  // By name.
  Receipt receipt = Receipt::none;
  std::string thread;
  bool inherits_thread = false;  // From the message that it answers: its body doesn't say it.
  double at = 0;                 // Wall seconds.
  Mono kept{0};
  std::int64_t bytes = 0;  // What it counts in every bound.
};
// How far messages have come with some of their recipients: each message with each agent.
struct MailNoted {
  std::vector<AgentName> agents;
  std::vector<MessageId> ids;
  MailState state = MailState::kept;
  // Of what was dropped. Of what was sent: it left the mailbox, and is no dead letter.
  DropReason why = DropReason::none;
  double at = 0;     // Wall seconds.
  MessageId answer;  // That answered them.
  // Of what was dropped: the mailbox has said so. Only where a log is given a state whole is that
  // known so early.
  bool is_told = false;
};
// A mailbox gave out messages.
struct InboxRead {
  AgentName agent;
  std::vector<MessageId> fresh;  // Those that it had not given out before.
  std::int64_t dropped = 0;      // Since it last did.
  // Not in the log.
  std::vector<MessageId> ids;
  std::size_t unseen = 0;
  bool is_truncated = false;
  bool is_cut = false;  // The one message is too large for the answer.
};
// Dead letters were looked at: the agent and the number at the same place are one.
struct LettersRead {
  Letters which = Letters::own;
  std::vector<AgentName> agents;  // Of those that are new to whoever looked.
  std::vector<MessageId> ids;
  // Not in the log.
  AgentName reader;
  std::vector<std::pair<MessageId, AgentName>> letters;
  std::size_t count = 0;
  std::size_t fresh = 0;
  bool is_truncated = false;
  bool is_cut = false;
};
// They are dead letters no more.
struct LettersEnded {
  std::vector<AgentName> agents;
  std::vector<MessageId> ids;
  // Not in the log.
  std::optional<std::vector<MessageId>> retried_as;
  std::size_t left = 0;
};

// So many messages for it were dropped within an hour, and it reads none.
struct DoesNotRead {
  AgentName agent;
  // Not in the log.
  std::size_t dropped = 0;
  std::size_t unseen = 0;
  std::vector<AgentName> senders;  // Of the messages that wait for it or were dropped lately.
};

// Not durable: answers.
struct ChatAccepted {
  struct Recipient {
    AgentName agent;
    MailState state = MailState::kept;
    Presentness presence = Presentness::online;
    std::optional<double> away_since;  // Wall seconds.
    std::optional<AgentName> nearest;  // To a name that nobody ever had.
    bool does_not_read = false;
  };
  MessageId id;
  std::string thread;
  std::vector<Recipient> recipients;
  std::chrono::seconds kept_for{0};  // For each of them, until it has seen it.
  bool are_too_many = false;
};
struct DeliveryNoted {
  MailState state = MailState::received;
  std::vector<MessageId> ids;
  std::size_t unseen = 0;
};
struct MailWithdrawn {
  MessageId id;
};

}  // namespace synapse::core
