// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/history.hpp"

#include <algorithm>

namespace synapse::core {

History::History(std::size_t messages_max, std::size_t bytes_max)
    : messages_max_(messages_max), bytes_max_(bytes_max) {}

void History::add(ChatMessage message) {
  saw(message.id);
  bytes_ += message.body.size();
  messages_.push_back(std::move(message));
  while (!messages_.empty() && (messages_.size() > messages_max_ || bytes_ > bytes_max_)) {
    bytes_ -= messages_.front().body.size();
    messages_.pop_front();
  }
}

void History::saw(MessageId id) { last_id_ = std::max(last_id_, id); }

}  // namespace synapse::core
