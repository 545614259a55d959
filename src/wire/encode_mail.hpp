// SPDX-License-Identifier: AGPL-3.0-or-later
// Frames about mailboxes, as text: docs/protocol.md, Delivery. Private to wire.
#pragma once

#include <string>

#include "core/mail_rules.hpp"
#include "wire/envelope.hpp"

namespace synapse::wire {

// Writes frames of one moment, to one asker.
struct MailFrames {
  Envelope envelope;
  const core::Mailroom& mail;
  const core::Presence& presence;
  std::string_view to;

  [[nodiscard]] std::string accepted(const core::ChatAccepted& event) const;
  [[nodiscard]] std::string inbox(const core::InboxRead& event) const;
  [[nodiscard]] std::string noted(const core::DeliveryNoted& event) const;
  [[nodiscard]] std::string sent(const AgentName& mailbox, const core::SentMail& sent) const;
  [[nodiscard]] std::string withdrawn(const core::MailWithdrawn& event) const;
  [[nodiscard]] std::string letters(const core::LettersRead& event) const;
  [[nodiscard]] std::string letters_ended(const core::LettersEnded& event) const;

  [[nodiscard]] std::string receipt(MessageId id, const AgentName& agent,
                                    const core::MailNoted& event) const;
  [[nodiscard]] std::string does_not_read(const core::DoesNotRead& event) const;
};

}  // namespace synapse::wire
