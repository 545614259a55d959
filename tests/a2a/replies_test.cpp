// SPDX-License-Identifier: AGPL-3.0-or-later
// Which chat on the bus is the answer to which task.
#include <cctype>

#include "a2a/board_desk.hpp"

using namespace synapse;
using namespace synapse::a2a;

namespace {

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

TEST_CASE("a marked reply counts only from the task's target and with its context",
          "[a2a][board]") {
  Desk desk;
  const std::string id = desk.add("BOB");
  CHECK_FALSE(desk.reply("EVE", id));
  CHECK_FALSE(desk.hear("BOB", wire::marker_text(id, "other")));
  CHECK_FALSE(desk.hear("BOB", wire::marker_text("other", "c")));
  CHECK(desk.state(id) == TaskState::submitted);
  CHECK(desk.reply("BOB", id));
  CHECK_FALSE(desk.reply("BOB", id));
}

TEST_CASE("a marker counts in any letter case, and with the task's id alone", "[a2a][board]") {
  Desk desk;
  const std::string alone = desk.add("BOB");
  CHECK(desk.hear("BOB", "done [A2A-TASK:" + alone + "]"));
  CHECK(desk.state(alone) == TaskState::completed);
  const std::string shouted = desk.add("BOB");
  const std::string context = (*desk.board.find(shouted))->context_id;
  CHECK(
      desk.hear("BOB", "done [a2a-task:" + upper(shouted) + " CONTEXTID=" + upper(context) + "]"));
  CHECK(desk.state(shouted) == TaskState::completed);
}

TEST_CASE("everybody may answer a task that was given to everybody, but only by its marker",
          "[a2a][board]") {
  Desk desk;
  desk.online.clear();
  const std::string id = desk.add("all");
  CHECK_FALSE(desk.hear("ANN", "good morning"));
  CHECK_FALSE(desk.hear_directly("ANN", "good morning"));
  CHECK(desk.reply("ANN", id));
}

TEST_CASE("everybody of a project may answer a task that was given to the project",
          "[a2a][board]") {
  Desk desk;
  const std::string marked = desk.add("shop");
  CHECK_FALSE(desk.reply("BOB", marked));
  CHECK(desk.reply("shop/y", marked));
  const std::string unmarked = desk.add("shop");
  CHECK_FALSE(desk.hear_directly("shop/y", "I came later"));
  CHECK(desk.hear_directly("shop/x", "done"));
  CHECK(desk.state(unmarked) == TaskState::completed);
}

TEST_CASE("what is said without a marker answers a task only if it is said to the bridge by name",
          "[a2a][board]") {
  Desk desk;
  const std::string id = desk.add("BOB");
  CHECK_FALSE(desk.hear("BOB", "something for the others"));
  CHECK_FALSE(desk.hear_directly("EVE", "hi"));
  CHECK(desk.state(id) == TaskState::submitted);
  CHECK(desk.hear_directly("BOB", "the answer"));
  CHECK(desk.state(id) == TaskState::completed);
}

TEST_CASE("what is said without a marker answers no task of an agent that has several",
          "[a2a][board]") {
  const std::string second_target = GENERATE("BOB", "BOB,ANN", "B*", "all");
  Desk desk;
  const std::string first = desk.add("BOB");
  const std::string second = desk.add(second_target);
  CHECK_FALSE(desk.hear_directly("BOB", "to which?"));
  CHECK(desk.state(first) == TaskState::submitted);
  CHECK(desk.state(second) == TaskState::submitted);
  REQUIRE(desk.reply("BOB", second));
  CHECK(desk.hear_directly("BOB", "to the one that is left"));
  CHECK(desk.state(first) == TaskState::completed);
}

TEST_CASE("what is said without a marker answers no task that its agent was not there for",
          "[a2a][board]") {
  Desk desk;
  desk.online = {"ANN"};
  const std::string id = desk.add("BOB");
  CHECK_FALSE(desk.hear_directly("BOB", "good morning"));
  CHECK(desk.state(id) == TaskState::submitted);
  CHECK(desk.reply("BOB", id));
}
