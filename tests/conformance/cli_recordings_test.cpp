// SPDX-License-Identifier: AGPL-3.0-or-later
#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include "conformance/cli_player.hpp"
#include "conformance/text.hpp"
#include "support/catch.hpp"

namespace {

using nlohmann::json;
using synapse::test::cli_cases;
using synapse::test::CliCase;
using synapse::test::CliPlayer;
using synapse::test::contains;

json recordings() {
  std::ifstream file(SYNAPSE_RECORDINGS "/cli.json");
  return json::parse(file);
}

void play(const CliCase& which) {
  CliPlayer player(which, recordings().at(std::string(which.name)));
  const auto wrong = player.play();
  for (const std::string& line : wrong) FAIL_CHECK(std::string(which.name) + ": " + line);
  if (wrong.empty()) SUCCEED();
}

const CliCase& case_named(std::string_view name) {
  const auto found = std::find_if(cli_cases().begin(), cli_cases().end(),
                                  [&](const CliCase& each) { return each.name == name; });
  REQUIRE(found != cli_cases().end());
  return *found;
}

}  // namespace

TEST_CASE("the command line prints and returns what was recorded", "[conformance][cli]") {
  for (const CliCase& each : cli_cases()) {
    DYNAMIC_SECTION(each.name) { play(each); }
  }
}

TEST_CASE("every recorded case is in the table", "[conformance][cli]") {
  const json recorded = recordings();
  CHECK(recorded.size() == cli_cases().size());
  for (const CliCase& each : cli_cases()) {
    INFO(each.name);
    CHECK(recorded.contains(std::string(each.name)));
  }
}

TEST_CASE("a case that was altered is not conformed to", "[conformance][cli]") {
  const CliCase& unreachable = case_named("unreachable");
  json entries = json::array({recordings().at("unreachable").at(0)});
  const auto differ = [&] { return CliPlayer(unreachable, entries).play(); };

  SECTION("by another exit code") {
    entries[0]["code"] = 0;
    const auto wrong = differ();
    REQUIRE_FALSE(wrong.empty());
    CHECK(wrong[0].ends_with("`: exit code: want 0, got 1"));
  }
  SECTION("by a line more") {
    entries[0]["stdout"].push_back("more");
    const auto wrong = differ();
    REQUIRE_FALSE(wrong.empty());
    CHECK(contains(wrong[0], "`: stdout: want 2 items"));
  }
  SECTION("by words on stderr") {
    entries[0]["stderr_any"] = true;
    const auto wrong = differ();
    REQUIRE_FALSE(wrong.empty());
    CHECK(wrong[0].ends_with("`: writes to stderr: want true, got false"));
  }
}
