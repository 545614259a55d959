// SPDX-License-Identifier: AGPL-3.0-or-later
// The newest chat messages, for history and resume, bounded in number and bytes; and the counter
// that numbers them. A message is also the answer to its own request, when that is sent again: so
// chat is kept, and logged, once.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>

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
  [[nodiscard]] const std::deque<ChatMessage>& messages() const { return messages_; }
  // What this sender said under this key; null if that is no longer kept.
  [[nodiscard]] const ChatMessage* find(const AgentName& sender, const std::string& key) const;

 private:
  using Key = std::pair<AgentName, std::string>;

  std::size_t messages_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<ChatMessage> messages_;
  std::uint64_t dropped_ = 0;
  std::map<Key, std::uint64_t> places_;  // Counted from the first ever kept.
  MessageId last_id_;
};

}  // namespace synapse::core
