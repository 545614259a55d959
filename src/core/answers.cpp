// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/answers.hpp"

#include "core/footprint.hpp"

namespace synapse::core {

const AnswerRemembered* Answers::find(const AgentName& sender, const std::string& type,
                                      const std::string& key) const {
  auto number = numbers_.find({sender, type, key});
  if (number == numbers_.end()) number = numbers_.find({AgentName(), std::string(), key});
  if (number == numbers_.end()) return nullptr;
  return &answers_.at(number->second);
}

void Answers::remember(AnswerRemembered answer) {
  if (limits_.answers_max == 0) return;
  Key key{answer.sender, answer.type, answer.key};
  if (const auto older = numbers_.find(key); older != numbers_.end()) forget(older->second);
  numbers_[std::move(key)] = ++last_;
  const std::size_t bytes = footprint(answer);
  bytes_ += bytes;
  Share& share = shares_[answer.sender];
  share.bytes += bytes;
  share.answers.insert(last_);
  answers_.emplace(last_, std::move(answer));
  while (share.bytes > limits_.answer_bytes_per_agent && share.answers.size() > 1) {
    forget(*share.answers.begin());
  }
  while (answers_.size() > limits_.answers_max ||
         (bytes_ > limits_.answer_bytes_max && answers_.size() > 1)) {
    forget(answers_.begin()->first);
  }
}

void Answers::forget(std::uint64_t number) {
  const auto found = answers_.find(number);
  const AnswerRemembered& answer = found->second;
  const std::size_t bytes = footprint(answer);
  bytes_ -= bytes;
  const auto share = shares_.find(answer.sender);
  share->second.bytes -= bytes;
  share->second.answers.erase(number);
  if (share->second.answers.empty()) shares_.erase(share);
  numbers_.erase({answer.sender, answer.type, answer.key});
  answers_.erase(found);
}

}  // namespace synapse::core
