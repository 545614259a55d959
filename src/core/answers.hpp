// SPDX-License-Identifier: AGPL-3.0-or-later
// The answers of accepted requests that named an idem_key, so that a request that is sent again
// after a lost connection is answered again and not applied again. The newest answers_max are kept.
#pragma once

#include <deque>
#include <map>
#include <tuple>

#include "core/event.hpp"

namespace synapse::core {

class Answers {
 public:
  explicit Answers(std::size_t answers_max);

  // The answer to this sender's request of this type and key; failing that, one written without a
  // sender.
  [[nodiscard]] const AnswerRemembered* find(const AgentName& sender, const std::string& type,
                                             const std::string& key) const;
  void remember(AnswerRemembered answer);
  // The oldest first.
  [[nodiscard]] const std::deque<AnswerRemembered>& all() const { return order_; }

 private:
  using Key = std::tuple<AgentName, std::string, std::string>;  // Sender, type, key.

  std::size_t answers_max_;
  std::deque<AnswerRemembered> order_;
  std::map<Key, std::uint64_t> places_;  // Counted from the first ever remembered.
  std::uint64_t dropped_ = 0;
};

}  // namespace synapse::core
