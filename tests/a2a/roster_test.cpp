// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/roster.hpp"

#include "support/catch.hpp"

using namespace synapse::a2a;
using Names = std::set<std::string, std::less<>>;

namespace {

Roster roster_of(const Json& names, const Json& more = Json::object()) {
  Json frame{{"type", "who_snapshot"}, {"online_agents", names}};
  frame.update(more);
  return Roster(frame, "BRIDGE");
}

}  // namespace

TEST_CASE("a target's agents are found by name, list, glob and project", "[a2a][roster]") {
  const Roster roster = roster_of({"ANN", "BOB", "BRIDGE", "shop/x", "shop/y"});
  CHECK(roster.named_by("BOB") == Names{"BOB"});
  CHECK(roster.named_by("BOB, CARL,shop/x") == Names{"BOB", "shop/x"});
  CHECK(roster.named_by("shop/*") == Names{"shop/x", "shop/y"});
  CHECK(roster.named_by("shop") == Names{"shop/x", "shop/y"});
  CHECK(roster.has_any_of("shop"));
  CHECK_FALSE(roster.has_any_of("CARL"));
  CHECK(roster.named_by("CARL").empty());
}

TEST_CASE("everybody is somebody only if there is another than the bridge", "[a2a][roster]") {
  CHECK_FALSE(roster_of({"BRIDGE"}).has_any_of("all"));
  CHECK(roster_of({"BRIDGE", "ANN"}).has_any_of("all"));
  CHECK(roster_of({"BRIDGE", "ANN"}).named_by("all").empty());
}

TEST_CASE("an agent is there while its waiter is", "[a2a][roster]") {
  CHECK(roster_of({"BOB-rx"}).named_by("BOB") == Names{"BOB"});
}

TEST_CASE("a list that is not whole shows nobody's absence", "[a2a][roster]") {
  CHECK(roster_of({"ANN"}, {{"truncated", true}}).has_any_of("BOB"));
  CHECK(roster_of({"ANN"}, {{"truncated", true}}).named_by("BOB").empty());
}

TEST_CASE("too many agents are named by no target", "[a2a][roster]") {
  Json names = Json::array();
  for (std::size_t i = 0; i <= Roster::named_max; ++i) names.push_back("x" + std::to_string(i));
  CHECK(roster_of(names).named_by("x*").empty());
  names.erase(names.begin());
  CHECK(roster_of(names).named_by("x*").size() == Roster::named_max);
}

TEST_CASE("an answer that is no list of names has nobody in it", "[a2a][roster]") {
  CHECK_FALSE(roster_of("ANN").has_any_of("ANN"));
  CHECK(roster_of({1, "ANN"}).has_any_of("ANN"));
}
