// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages whose delivery is proven, for Agent: what a sender says with one, and what a reader asks
// for. What each field does: docs/protocol.md, Delivery.
#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace synapse {

using Json = nlohmann::json;

struct Message {
  std::string target = "all";
  std::string text;
  std::string thread;  // At most 128 bytes; blank: that of the message it answers, if any.
  std::optional<std::uint64_t> reply_to;  // The msg_id that it answers.
  // Two messages of one sender with the same key are one message: so one that was not known to be
  // sent can be sent again. Blank: a key is drawn.
  std::string key;
  Json fields = Json::object();  // Further fields of the chat, such as `priority`.
};

struct InboxRequest {
  std::uint64_t since = 0;       // Only messages with a larger msg_id.
  int limit = 100;               // 1 to 1000.
  std::chrono::seconds wait{0};  // For something to come if there is nothing; at most 60 s.
  std::string from;              // Only of this sender, or of senders that this glob matches.
  std::string thread;            // Only of this thread.
  enum class What { unseen, all } what = What::unseen;
  // Whether the hub takes what it returns for handed out, so that it comes `again` next time.
  enum class Look { take, peek } look = Look::take;
  std::string whose;  // Of an observer, which has no mailbox.
};

struct SentRequest {
  int limit = 100;           // 1 to 1000.
  std::uint64_t msg_id = 0;  // That message alone; 0: the newest `limit`.
  std::string whose;         // Of an observer, which has sent nothing.
};

// Those of the agent's own messages that were dropped, or those of all senders of whoever runs it.
struct DeadLetters {
  enum class Of { own, all } of = Of::own;
  std::string agent;                   // Only those for this recipient.
  std::vector<std::uint64_t> msg_ids;  // Only these, at most 1000.
  std::string whose;                   // Of an observer, which has sent nothing.
};

}  // namespace synapse
