// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/history.hpp"

#include <algorithm>

namespace synapse::core {

History::History(std::size_t messages_max, std::size_t bytes_max)
    : messages_max_(messages_max), bytes_max_(bytes_max) {}

void History::add(ChatMessage message) {
  saw(message.id);
  bytes_ += message.body.size();
  if (!message.idem_key.empty()) {
    places_[{message.sender, message.idem_key}] = dropped_ + messages().size();
  }
  messages_.push_back(std::move(message));
  while (!messages().empty() && (messages().size() > messages_max_ || bytes_ > bytes_max_)) {
    forget_oldest();
  }
}

void History::forget_oldest() {
  ChatMessage& oldest = messages_[gone_];
  bytes_ -= oldest.body.size();
  const auto place = places_.find({oldest.sender, oldest.idem_key});
  if (place != places_.end() && place->second == dropped_) places_.erase(place);
  oldest = {};
  ++gone_;
  ++dropped_;
  if (2 * gone_ < messages_.size() - gone_) return;
  messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(gone_));
  gone_ = 0;
}

const ChatMessage* History::find(const AgentName& sender, const std::string& key) const {
  const auto place = places_.find({sender, key});
  return place == places_.end() ? nullptr : &messages()[place->second - dropped_];
}

void History::saw(MessageId id) { last_id_ = std::max(last_id_, id); }

}  // namespace synapse::core
