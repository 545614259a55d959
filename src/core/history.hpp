// SPDX-License-Identifier: AGPL-3.0-or-later
// The newest chat messages, for history and resume, bounded in number and bytes; and the counter
// that numbers them. A message is also the answer to its own request, when that is sent again: so
// chat is kept, and logged, once.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/model.hpp"

namespace synapse::core {

class History {
 public:
  History(std::size_t messages_max, std::size_t bytes_max);

  void add(ChatMessage message);
  // The number that was last given, whether or not its message is kept; `saw` carries it over a gap
  // in the log.
  [[nodiscard]] MessageId last_id() const { return last_id_; }
  void saw(MessageId id);
  [[nodiscard]] std::span<const ChatMessage> messages() const {
    return std::span(messages_).subspan(gone_);
  }
  // What this sender said under this key; null if that is no longer kept.
  [[nodiscard]] const ChatMessage* find(const AgentName& sender, const std::string& key) const;

 private:
  using Key = std::pair<AgentName, std::string>;

  void forget_oldest();

  std::size_t messages_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  // In one piece, of which the front is gone already: small pieces that come and go between
  // messages that stay for days would leave holes between them as large as the messages.
  std::vector<ChatMessage> messages_;
  std::size_t gone_ = 0;
  std::uint64_t dropped_ = 0;
  std::map<Key, std::uint64_t> places_;  // Counted from the first ever kept.
  MessageId last_id_;
};

}  // namespace synapse::core
