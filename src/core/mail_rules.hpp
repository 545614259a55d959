// SPDX-License-Identifier: AGPL-3.0-or-later
// What comes of a chat and of the requests about mailboxes. Pure checks: they name events and
// change nothing. Source: docs/protocol.md, Delivery.
#pragma once

#include "core/decision.hpp"
#include "core/effort.hpp"
#include "core/entry.hpp"
#include "core/history.hpp"
#include "core/mailroom.hpp"
#include "core/presence.hpp"
#include "core/seats.hpp"

namespace synapse::core {

// What a mailbox has for a wish; what is given out for the first time is `fresh`.
[[nodiscard]] InboxRead read_inbox(const Mailroom& mail, const AgentName& mailbox,
                                   const InboxWish& wish);

// The newest that a name has sent, the oldest of them first.
struct SentWish {
  MessageId since;
  MessageId id;  // This one alone; 0: all.
  std::size_t limit = 100;
  std::size_t bytes_max = 1U << 20U;
};
struct SentMail {
  std::vector<MessageId> ids;
  bool is_truncated = false;
  bool is_cut = false;
};
[[nodiscard]] SentMail read_sent(const Mailroom& mail, const AgentName& mailbox,
                                 const SentWish& wish);

// Whoever asks about dead letters: an agent by its name, and the principal that runs it.
struct LetterReader {
  const AgentName& mailbox;
  const Principal& principal;
};
[[nodiscard]] LettersRead read_letters(const Mailroom& mail, const Seats& seats,
                                       const LetterReader& reader, const LetterWish& wish);

struct MailRules {
  const Limits& limits;
  const Mailroom& mail;
  const Presence& presence;
  const Seats& seats;
  const Seat& seat;  // Of whoever asks.
  Moment now;
  Effort& effort;

  // With all that follows from it: `message` has its number.
  [[nodiscard]] Decision post(ChatMessage message, const PostChat& chat) const;
  // What is answered to the same chat when it is said again, with what has become of it.
  [[nodiscard]] ChatAccepted accepted_again(const ChatMessage& message) const;
  [[nodiscard]] Decision read(const ReadInbox& command) const;
  [[nodiscard]] Decision note(const NoteMail& command) const;
  [[nodiscard]] Decision withdraw(const WithdrawMail& command) const;
  [[nodiscard]] Decision read(const ReadLetters& command) const;
  // `next` is the number of the first message that it makes.
  [[nodiscard]] Decision retry(const RetryLetters& command, ChatMessage next,
                               const Scribe& scribe) const;
  [[nodiscard]] Decision clear(const ClearLetters& command) const;

  // Of a message with these recipients.
  [[nodiscard]] static MailKept kept(ChatMessage message, std::vector<AgentName> recipients,
                                     Moment now);

 private:
  [[nodiscard]] bool has_mailbox() const;
  [[nodiscard]] Decision not_owner() const;
  [[nodiscard]] std::optional<MailNoted> answer_of(const ChatMessage& message,
                                                   MessageId in_reply_to) const;
  [[nodiscard]] ChatAccepted accepted(const MailKept& kept) const;
};

}  // namespace synapse::core
