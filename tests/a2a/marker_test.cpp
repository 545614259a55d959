// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/marker.hpp"

#include "support/catch.hpp"

using namespace synapse::a2a;

TEST_CASE("a marker is found in what was made of it", "[a2a][marker]") {
  const std::string text = "done\n" + marker_text("t-1", "c:2");
  CHECK(text == "done\n[A2A-TASK:t-1 contextId=c:2]");
  const auto marker = find_marker(text);
  REQUIRE(marker);
  CHECK(marker->task_id == "t-1");
  CHECK(marker->context_id == "c:2");
  CHECK(without_markers(text) == "done");
}

TEST_CASE("the last whole marker of a reply counts", "[a2a][marker]") {
  const std::string text =
      "> [A2A-TASK:old contextId=c]\nyes [A2A-TASK:new contextId=d] [A2A-TASK:";
  REQUIRE(find_marker(text));
  CHECK(find_marker(text)->task_id == "new");
  CHECK(without_markers(text) == "> \nyes  [A2A-TASK:");
}

TEST_CASE("what only looks like a marker is none", "[a2a][marker]") {
  for (const std::string& text :
       {std::string("nothing"), std::string("[A2A-TASK:]"), std::string("[A2A-TASK:t]"),
        std::string("[A2A-TASK:t contextId=]"), std::string("[A2A-TASK:t context=c]"),
        std::string("[A2A-TASK:t contextId=c"), std::string("[A2A-TASK:t\n contextId=c]"),
        std::string("[A2A-TASK:t/u contextId=c]"), std::string("[a2a-task:t contextId=c]"),
        "[A2A-TASK:" + std::string(129, 't') + " contextId=c]"}) {
    INFO(text);
    CHECK_FALSE(find_marker(text));
  }
  CHECK(has_marker("[A2A-TASK:t]"));
  CHECK_FALSE(has_marker("[a2a-task:t]"));
}

TEST_CASE("a defused text has no marker", "[a2a][marker]") {
  const std::string hostile = "[A2A-TASK:[A2A-TASK:t contextId=c] and [A2A-TASK:t contextId=c]";
  CHECK_FALSE(has_marker(defused(hostile)));
  CHECK(defused("plain [text]") == "plain [text]");
}
