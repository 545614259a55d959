// SPDX-License-Identifier: AGPL-3.0-or-later
// What an agent can ask of its mailbox, as core/command.hpp has all else.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "core/mail.hpp"

namespace synapse::core {

// Which messages of a mailbox are wanted.
struct InboxWish {
  enum class Which { unseen, all };

  MessageId since;  // Later ones alone.
  std::size_t limit = 100;
  std::string from;  // Blank: of anybody; a glob will do.
  std::string thread;
  Which which = Which::unseen;
  std::size_t bytes_max = 1U << 20U;  // Of the answer.
  std::vector<MessageId> ids = {};    // These alone, which rise; empty: whatever there is.
};

struct ReadInbox {
  InboxWish wish;
};

// Something was received or seen.
struct NoteMail {
  MailState state = MailState::received;
  std::vector<MessageId> ids;
  // In place of them: all up to this one that this mailbox has given out.
  std::optional<MessageId> through;
};

struct WithdrawMail {
  MessageId id;
};

// Which dead letters; with no agent and no ids, all.
struct LetterWish {
  Letters which = Letters::own;
  AgentName agent;
  std::vector<MessageId> ids;
  std::size_t limit = 100;
  std::size_t bytes_max = 1U << 20U;  // Of the answer.
};

struct ReadLetters {
  LetterWish wish;
};

struct RetryLetters {
  LetterWish wish;
};

struct ClearLetters {
  LetterWish wish;
};

}  // namespace synapse::core
