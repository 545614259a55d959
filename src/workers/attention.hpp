// SPDX-License-Identifier: AGPL-3.0-or-later
// What a worker makes of a chat: nothing, something to remember, or a question to answer.
//
// Pure: used by the worker's listening thread, and decides by what is handed in. A worker is a
// program that speaks whenever it is spoken to, so two of them could keep each other talking for
// ever at somebody's cost. Three things prevent it. A worker's words to everybody are never
// answered by another one, whomever they name. A worker speaks only to answer, so its words to one
// target answer that target. And workers of other makes, which may do otherwise, get a few answers
// in a row and no more until somebody else has been answered.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace synapse::workers {

enum class Attention {
  ignore,    // Not talk between agents at all.
  remember,  // Part of the conversation, not ours to answer.
  answer,
};

// Where a chat comes from. Workers are told by the mark on their words or by their card.
enum class Speaker { agent, worker };

struct Heard {
  std::string_view sender;
  std::string_view target;
  std::string_view payload;
  Speaker speaker = Speaker::agent;
};

// Answers are due to senders that target `own_name` or name it as a word, and to USER whatever it
// says.
[[nodiscard]] Attention attention_to(const Heard& heard, std::string_view own_name);

// Counts answers to workers. Past the limit there are none until another agent has had one.
class WorkerTurns {
 public:
  static constexpr int in_a_row_max = 4;

  // Whether an answer to this speaker is still due; counts it if so.
  [[nodiscard]] bool take(Speaker speaker);

 private:
  int in_a_row_ = 0;
};

// The names that are known to be workers' by their cards. Bounded: when it is full it starts anew.
class KnownWorkers {
 public:
  static constexpr std::size_t names_max = 4096;

  // From a card: its agent and description. Another kind of card takes the name out again.
  void learn(const std::string& agent, std::string_view description);
  [[nodiscard]] bool holds(const std::string& agent) const { return names_.count(agent) != 0; }

 private:
  std::set<std::string> names_;
};

// What a worker says of itself on its card, for the provider.
[[nodiscard]] std::string card_description(std::string_view provider);

}  // namespace synapse::workers
