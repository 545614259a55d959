// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/task_marker.hpp"

#include "support/catch.hpp"

using namespace synapse::wire;

TEST_CASE("a marker is found in what was made of it", "[wire][marker]") {
  const std::string text = "done\n" + marker_text("t-1", "c:2");
  CHECK(text == "done\n[A2A-TASK:t-1 contextId=c:2]");
  const auto marker = find_marker(text);
  REQUIRE(marker);
  CHECK(marker->task_id == "t-1");
  CHECK(marker->context_id == "c:2");
  CHECK(without_markers(text) == "done");
}

TEST_CASE("the last whole marker of a reply counts", "[wire][marker]") {
  const std::string text =
      "> [A2A-TASK:old contextId=c]\nyes [A2A-TASK:new contextId=d] [A2A-TASK:";
  REQUIRE(find_marker(text));
  CHECK(find_marker(text)->task_id == "new");
  CHECK(without_markers(text) == "> \nyes  [A2A-TASK:");
}

TEST_CASE("what only looks like a marker is none", "[wire][marker]") {
  for (const std::string& text :
       {std::string("nothing"), std::string("[A2A-TASK:]"), std::string("[A2A-TASK: ]"),
        std::string("[A2A-TASK:t contextId=]"), std::string("[A2A-TASK:t context=c]"),
        std::string("[A2A-TASK:t contextId=c"), std::string("[A2A-TASK:t\n contextId=c]"),
        std::string("[A2A-TASK:t/u contextId=c]"), std::string("(A2A-TASK:t contextId=c]"),
        "[A2A-TASK:" + std::string(129, 't') + " contextId=c]"}) {
    INFO(text);
    CHECK_FALSE(find_marker(text));
  }
  CHECK(has_marker("[A2A-TASK:"));
  CHECK_FALSE(has_marker("[A2A-TASK t]"));
}

TEST_CASE("a marker counts in any letter case, and with its id alone", "[wire][marker]") {
  const auto shouted = find_marker("done [a2a-Task:t-1 CONTEXTID=C]");
  REQUIRE(shouted);
  CHECK(shouted->task_id == "t-1");
  CHECK(shouted->context_id == "C");
  const auto alone = find_marker("done [A2A-TASK:t-1]");
  REQUIRE(alone);
  CHECK(alone->task_id == "t-1");
  CHECK(alone->context_id.empty());
  CHECK(without_markers("done [a2a-task:t-1]") == "done");
}

TEST_CASE("what an answer must repeat is the marker that is a message's whole last line",
          "[wire][marker]") {
  CHECK(closing_marker("work\n[A2A-TASK:t contextId=c]") == "[A2A-TASK:t contextId=c]");
  CHECK(closing_marker("[A2A-TASK:t contextId=c]\n") == "[A2A-TASK:t contextId=c]");
  for (const char* text :
       {"", "work", "work [A2A-TASK:t contextId=c]", "[A2A-TASK:t contextId=c]\nis what it said",
        "[A2A-TASK:t contextId=c] [A2A-TASK:u contextId=c]"}) {
    INFO(text);
    CHECK(closing_marker(text).empty());
  }
}

TEST_CASE("a defused text has no marker", "[wire][marker]") {
  const std::string hostile = "[A2A-TASK:[A2A-TASK:t contextId=c] and [A2A-TASK:t contextId=c]";
  CHECK_FALSE(has_marker(defused(hostile)));
  CHECK_FALSE(has_marker(defused("[a2a-task:t]")));
  CHECK(defused("plain [text]") == "plain [text]");
}
