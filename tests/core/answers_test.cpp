// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/answers.hpp"

#include "support/catch.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;

AnswerRemembered answer(const char* key, const char* response, const char* sender = "A",
                        const char* type = "claim") {
  return {key, AgentName(sender), type, "digest", response};
}

std::string asked(const Answers& answers, const char* key, const char* sender = "A",
                  const char* type = "claim") {
  const AnswerRemembered* found = answers.find(AgentName(sender), type, key);
  return found == nullptr ? "nothing" : found->response;
}

Limits room_for(std::size_t answers) {
  Limits limits;
  limits.answers_max = answers;
  return limits;
}

}  // namespace

TEST_CASE("an answer belongs to its sender, type and key", "[core][answers]") {
  Answers answers{Limits{}};
  answers.remember(answer("k", "granted"));
  CHECK(asked(answers, "k") == "granted");
  CHECK(asked(answers, "other") == "nothing");
  CHECK(asked(answers, "k", "B") == "nothing");
  CHECK(asked(answers, "k", "A", "release") == "nothing");
}

TEST_CASE("an answer without a sender is for any, after one's own", "[core][answers]") {
  Answers answers{Limits{}};
  answers.remember(answer("k", "anyone's", "", ""));
  CHECK(asked(answers, "k", "A") == "anyone's");
  CHECK(asked(answers, "k", "B", "release") == "anyone's");
  CHECK(asked(answers, "other", "B") == "nothing");
  answers.remember(answer("k", "A's", "A"));
  CHECK(asked(answers, "k", "A") == "A's");
  CHECK(asked(answers, "k", "B") == "anyone's");
}

TEST_CASE("the newest answers are kept, the oldest go first", "[core][answers]") {
  Answers answers(room_for(2));
  answers.remember(answer("1", "one"));
  answers.remember(answer("2", "two"));
  answers.remember(answer("3", "three"));
  CHECK(answers.all().size() == 2);
  CHECK(asked(answers, "1") == "nothing");
  CHECK(asked(answers, "2") == "two");
  CHECK(asked(answers, "3") == "three");
  for (int i = 0; i < 1000; ++i) answers.remember(answer(std::to_string(i).c_str(), "more"));
  CHECK(answers.all().size() == 2);
  CHECK(asked(answers, "999") == "more");
}

TEST_CASE("a key that is answered anew stays as long as its newest answer", "[core][answers]") {
  Answers answers(room_for(2));
  answers.remember(answer("k", "old"));
  answers.remember(answer("k", "new"));
  CHECK(asked(answers, "k") == "new");
  answers.remember(answer("x", "x"));  // The old answer goes.
  CHECK(asked(answers, "k") == "new");
  answers.remember(answer("y", "y"));
  CHECK(asked(answers, "k") == "nothing");
}

TEST_CASE("with no room for answers none is kept", "[core][answers]") {
  Answers answers(room_for(0));
  answers.remember(answer("k", "granted"));
  CHECK(asked(answers, "k") == "nothing");
  CHECK(answers.all().empty());
}

TEST_CASE("answers are bounded in bytes, and an agent pushes out its own", "[core][answers]") {
  Limits limits;
  limits.answer_bytes_per_agent = 20'000;
  limits.answer_bytes_max = 50'000;
  Answers answers(limits);
  const std::string large(8'000, 'x');
  answers.remember(answer("b", "small", "B"));
  for (const char* key : {"1", "2", "3"}) answers.remember(answer(key, large.c_str()));
  CHECK(asked(answers, "1") == "nothing");
  CHECK(asked(answers, "2") == large);
  CHECK(asked(answers, "3") == large);
  CHECK(asked(answers, "b", "B") == "small");
  for (const char* sender : {"C", "D", "E", "F", "G", "H"}) {
    answers.remember(answer("k", large.c_str(), sender));
    CHECK(answers.bytes() <= limits.answer_bytes_max);
  }
  CHECK(asked(answers, "b", "B") == "nothing");
  CHECK(asked(answers, "k", "H") == large);
  // One that is larger than all may be together is still answered again.
  const std::string huge(60'000, 'x');
  answers.remember(answer("huge", huge.c_str()));
  CHECK(answers.all().size() == 1);
  CHECK(asked(answers, "huge") == huge);
}
