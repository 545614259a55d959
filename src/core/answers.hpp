// SPDX-License-Identifier: AGPL-3.0-or-later
// The answers of accepted requests that named an idem_key, so that a request that is sent again
// after a lost connection is answered again and not applied again. The newest are kept, in number
// and in bytes; an agent with more than its share pushes out its own.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "core/event.hpp"
#include "core/limits.hpp"

namespace synapse::core {

class Answers {
 public:
  explicit Answers(const Limits& limits) : limits_(limits) {}

  // The answer to this sender's request of this type and key; failing that, one written without a
  // sender.
  [[nodiscard]] const AnswerRemembered* find(const AgentName& sender, const std::string& type,
                                             const std::string& key) const;
  // The newest always stays, whatever its size.
  void remember(AnswerRemembered answer);
  // By age, the oldest first.
  [[nodiscard]] const std::map<std::uint64_t, AnswerRemembered>& all() const { return answers_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  using Key = std::tuple<AgentName, std::string, std::string>;  // Sender, type, key.
  struct Share {
    std::size_t bytes = 0;
    std::set<std::uint64_t> answers;
  };

  void forget(std::uint64_t number);

  Limits limits_;
  std::map<std::uint64_t, AnswerRemembered> answers_;
  std::map<Key, std::uint64_t> numbers_;
  std::map<AgentName, Share> shares_;  // By sender.
  std::size_t bytes_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace synapse::core
