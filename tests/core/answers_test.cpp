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

}  // namespace

TEST_CASE("an answer belongs to its sender, type and key", "[core][answers]") {
  Answers answers(10);
  answers.remember(answer("k", "granted"));
  CHECK(asked(answers, "k") == "granted");
  CHECK(asked(answers, "other") == "nothing");
  CHECK(asked(answers, "k", "B") == "nothing");
  CHECK(asked(answers, "k", "A", "release") == "nothing");
}

TEST_CASE("an answer without a sender is for any, after one's own", "[core][answers]") {
  Answers answers(10);
  answers.remember(answer("k", "anyone's", "", ""));
  CHECK(asked(answers, "k", "A") == "anyone's");
  CHECK(asked(answers, "k", "B", "release") == "anyone's");
  CHECK(asked(answers, "other", "B") == "nothing");
  answers.remember(answer("k", "A's", "A"));
  CHECK(asked(answers, "k", "A") == "A's");
  CHECK(asked(answers, "k", "B") == "anyone's");
}

TEST_CASE("the newest answers are kept, the oldest go first", "[core][answers]") {
  Answers answers(2);
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
  Answers answers(2);
  answers.remember(answer("k", "old"));
  answers.remember(answer("k", "new"));
  CHECK(asked(answers, "k") == "new");
  answers.remember(answer("x", "x"));  // The old answer goes.
  CHECK(asked(answers, "k") == "new");
  answers.remember(answer("y", "y"));
  CHECK(asked(answers, "k") == "nothing");
}

TEST_CASE("with no room for answers none is kept", "[core][answers]") {
  Answers answers(0);
  answers.remember(answer("k", "granted"));
  CHECK(asked(answers, "k") == "nothing");
  CHECK(answers.all().empty());
}
