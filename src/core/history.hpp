// SPDX-License-Identifier: AGPL-3.0-or-later
// The newest chat messages, for history and resume, bounded in number and bytes; and the counter
// that numbers them.
#pragma once

#include <deque>

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

 private:
  std::size_t messages_max_;
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::deque<ChatMessage> messages_;
  MessageId last_id_;
};

}  // namespace synapse::core
