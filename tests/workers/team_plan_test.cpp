// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/team_plan.hpp"

#include <utility>

#include "support/catch.hpp"

using namespace synapse::workers;

namespace {

using Team = std::vector<std::pair<std::string, std::string>>;

Team team(const TeamWishes& wishes, const std::vector<std::string>& models) {
  Team team;
  for (const TeamMember& member : team_of(wishes, models)) {
    team.emplace_back(member.name, member.model);
  }
  return team;
}

}  // namespace

TEST_CASE("a team takes the models that it prefers, by their whole names", "[workers][team]") {
  CHECK(team({}, {"llama3:8b", "gemma3:4b", "gemma3:12b"}) ==
        Team{{"FAST", "gemma3:4b"}, {"REASON", "gemma3:12b"}});
  CHECK(team({}, {"mistral:7b", "gemma3:1b", "llama3:8b"}) ==
        Team{{"FAST", "gemma3:1b"}, {"REASON", "llama3:8b"}});
}

TEST_CASE("a team has one worker where there is one model", "[workers][team]") {
  CHECK(team({}, {"gemma3:4b"}) == Team{{"FAST", "gemma3:4b"}});
  CHECK(team({}, {"mistral:7b", "qwen3:8b"}) == Team{{"FAST", "mistral:7b"}});
}

TEST_CASE("a team without a model has a worker that answers by rule", "[workers][team]") {
  CHECK(team({"shop/", {}, {}}, {}) == Team{{"shop/FAST", ""}});
}

TEST_CASE("a team takes the models that it is told, there or not", "[workers][team]") {
  CHECK(team({"", "a", "b"}, {}) == Team{{"FAST", "a"}, {"REASON", "b"}});
  CHECK(team({"", "a", "a"}, {"gemma3:4b"}) == Team{{"FAST", "a"}});
  CHECK(team({"", {}, "b"}, {}) == Team{{"FAST", ""}, {"REASON", "b"}});
}
