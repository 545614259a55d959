// SPDX-License-Identifier: AGPL-3.0-or-later
// What an operator does in `synapse top` (docs/protocol.md, Operators). A key begins an action
// about the row that is chosen; it says what it will do to whom, takes the words that it needs, and
// is sent five seconds later: until then it can be taken back. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "cli/top/input.hpp"
#include "wire/json_document.hpp"

namespace synapse::cli {

// What a row of a pane is about, as far as something can be done about it.
struct TopSubject {
  enum class Kind { none, agent, claim, wait, task } kind = Kind::none;
  std::string agent = {};    // The agent that it is about, holds the claim, or waits.
  std::string task_id = {};  // As the hub has it.
  std::uint64_t epoch = 0;   // Of a claim, so that it is the one that was seen.
};

class OperatorDesk {
 public:
  // The keys that begin something about it, for people.
  [[nodiscard]] static std::string keys_for(const TopSubject& subject, bool is_plan);

  // False: the key means nothing here. Nothing else can be begun while something waits to be sent.
  bool begin(std::string_view key, const TopSubject& subject, bool is_plan);
  // Whether all keys belong to it.
  [[nodiscard]] bool is_asking() const { return asked_.has_value(); }
  void press(const TopInput& input);
  // Takes back what is not sent yet; of what is sent, puts away what came of it, which may be
  // nothing: a hub that goes answers nobody.
  void drop();

  // The frame that is to be sent now. The seconds count from the first call.
  [[nodiscard]] std::optional<wire::Json> take_due(base::Mono now);
  // When it is worth a call.
  [[nodiscard]] std::optional<base::Mono> next_due() const;
  // It could not be sent.
  void failed(const std::string& why);
  // What the hub says; `me` is the operator's name.
  void hear(const wire::Json& frame, std::string_view me);

  // Lines for the foot of the screen; none: there is nothing to say.
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  struct Field {
    std::string member;
    std::string label;
    bool is_optional = false;
    std::vector<std::string> choices = {};  // None: any text.
  };
  struct Action {
    std::string verb;
    std::string does;  // A sentence.
    wire::Json frame;
    std::vector<Field> fields = {};
  };
  struct Job {
    std::string does;
    wire::Json frame;
    std::optional<base::Mono> due;
    enum class State { waits, sent, over } state = State::waits;
    std::string said = {};
    std::int64_t seconds_left = 0;
  };

  [[nodiscard]] static std::optional<Action> action_for(char key, const TopSubject& subject,
                                                        bool is_plan);
  void enter();

  std::optional<Action> asked_;
  std::size_t field_ = 0;  // Which is being typed.
  std::string typed_;
  std::string complaint_;
  std::optional<Job> job_;
};

}  // namespace synapse::cli
