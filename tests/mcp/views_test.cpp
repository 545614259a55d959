// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/views.hpp"

#include <algorithm>

#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::mcp;
using Catch::Matchers::Contains;

namespace {

Json claim(const std::string& task_id, const std::string& owner, const Json& paths,
           const std::string& worktree = "/w") {
  return {{"task_id", task_id},
          {"owner", owner},
          {"paths", paths},
          {"worktree", worktree},
          {"lease_expires_at", 1540.0}};
}

Json state_with(const Json& claims) {
  return {{"active_claims", claims}, {"generated_at", 1000.0}};
}

}  // namespace

TEST_CASE("the state is a line a claim, with who one is first", "[mcp][views]") {
  const Json state = state_with({claim("T1", "ann", {"a.c", "b.c"}), claim("T2", "me", {""})});
  const Outcome outcome = state_outcome(state, {"me", {}, std::nullopt, {"ann", "me"}});
  CHECK(outcome.text ==
        "you are me; online: ann, me\nclaims of /w:\nT1 ann a.c, b.c, 9 min\nT2 me everything, 9 "
        "min");
  CHECK(outcome.structured.at("active_claims").size() == 2);
  CHECK(state_outcome(state_with(Json::array()), {"me", {}, std::nullopt, {}}).text ==
        "you are me; online: \nno claims");
}

TEST_CASE("claims of several worktrees say which", "[mcp][views]") {
  const Json state = state_with({claim("T1", "ann", {"a"}, "/v"), claim("T2", "me", {"b"}, "/w")});
  CHECK_THAT(state_outcome(state, {"me", {}, std::nullopt, {}}).text,
             Contains("T1 ann a of /v, 9 min") && Contains("T2 me b of /w, 9 min"));
}

TEST_CASE("a state of any size stays short for a model, and says what it left out",
          "[mcp][views]") {
  Json claims = Json::array();
  for (int i = 0; i < 100; ++i) {
    claims.push_back(claim("BIG-" + std::to_string(i), "http-agent", {"src/a.cpp", "src/b.cpp"}));
  }
  const Outcome hundred = state_outcome(state_with(claims), {"me", {}, std::nullopt, {}});
  // As a tokenizer counts them these are 1,500 tokens.
  CHECK(hundred.text.size() <= 4'000);
  CHECK_THAT(hundred.text, Contains("BIG-70 ") && Contains(" more: ask for mine"));
  CHECK(hundred.structured.at("active_claims").size() == 100);
  for (Json& one : claims) one["paths"] = Json(50, std::string(300, 'x'));
  const Outcome wide = state_outcome(state_with(claims), {"me", {}, std::nullopt, {}});
  CHECK(wide.text.size() <= 4'000);
  CHECK_THAT(wide.text, Contains(" more: ask for mine, paths or another limit"));
  StateView few{"me", {}, std::nullopt, {}};
  few.wish.limit = 3;
  const Outcome limited = state_outcome(state_with(claims), few);
  CHECK_THAT(limited.text, Contains("and 97 more"));
  CHECK(limited.structured.at("active_claims").size() == 3);
  CHECK(limited.structured.at("claims") == 100);
}

TEST_CASE("what others wrote can't begin a line of its own", "[mcp][views]") {
  const Json state = state_with(Json::array({claim("T\n1", "ann", Json::array({"a\nb"}))}));
  const std::string text = state_outcome(state, {"me", {}, std::nullopt, {}}).text;
  CHECK(std::count(text.begin(), text.end(), '\n') == 2);
  const Json board{{"tasks", {{{"task_id", "t"}, {"title", "x\ny"}, {"status", "open"}}}},
                   {"ready", {"t"}},
                   {"progress", Json::array()}};
  CHECK(board_text(board) == "t open (ready): x\\x0ay");
}

TEST_CASE("the plan is a line a task, and the newest notes", "[mcp][views]") {
  Json board{
      {"tasks",
       {{{"task_id", "a"}, {"title", "First"}, {"status", "done"}, {"depends_on", Json::array()}},
        {{"task_id", "b"},
         {"title", "Second"},
         {"status", "open"},
         {"depends_on", {"a"}},
         {"suggested_owner", "ann"}}}},
      {"ready", {"b"}},
      {"progress", {{{"author", "ann"}, {"task_id", "a"}, {"text", "went well"}}}}};
  CHECK(board_text(board) ==
        "a done: First\nb open (ready): Second, for ann, after a\nnote by ann on a: went well");
  CHECK(board_text(Json::object()) == "no tasks");
}

TEST_CASE("what agents can do is a line a card", "[mcp][views]") {
  CHECK(manifest_text({{{"agent", "W"},
                        {"description", "rule chat worker"},
                        {"task_classes", {"chat"}},
                        {"skills", {"rule"}}}}) == "W: rule chat worker; chat; rule");
  CHECK(manifest_text(Json::array()) == "no agent says what it can do");
}
