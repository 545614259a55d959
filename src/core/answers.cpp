// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/answers.hpp"

namespace synapse::core {

Answers::Answers(std::size_t answers_max) : answers_max_(answers_max) {}

const AnswerRemembered* Answers::find(const AgentName& sender, const std::string& type,
                                      const std::string& key) const {
  auto place = places_.find({sender, type, key});
  if (place == places_.end()) place = places_.find({AgentName(), std::string(), key});
  if (place == places_.end()) return nullptr;
  return &order_[place->second - dropped_];
}

void Answers::remember(AnswerRemembered answer) {
  if (answers_max_ == 0) return;
  places_[{answer.sender, answer.type, answer.key}] = dropped_ + order_.size();
  order_.push_back(std::move(answer));
  if (order_.size() <= answers_max_) return;
  const AnswerRemembered& oldest = order_.front();
  const auto place = places_.find({oldest.sender, oldest.type, oldest.key});
  if (place->second == dropped_) places_.erase(place);  // Else a newer one took its key.
  order_.pop_front();
  ++dropped_;
}

}  // namespace synapse::core
