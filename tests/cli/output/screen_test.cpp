// SPDX-License-Identifier: AGPL-3.0-or-later
// What a person at a terminal sees of the hub's snapshots.
#include "cli/output/screen.hpp"

#include <sstream>

#include "cli/cli_run.hpp"
#include "cli/output/table.hpp"
#include "cli/top/columns.hpp"
#include "support/catch.hpp"

using namespace synapse::cli;
using Catch::Matchers::Contains;
using synapse::Json;
using synapse::test::CliRun;
using synapse::test::Variables;

namespace {

const Style colourless(Style::Colour::off);

std::size_t widest(const std::string& text) {
  std::size_t columns = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) columns = std::max(columns, width_of(line));
  return columns;
}

Json claim_at(double now) {
  return {{"task_id", "TASK-7"},        {"status", "working"},
          {"owner", "shop/alice"},      {"paths", {"src/parser", "docs/parser.md"}},
          {"checkpoint", "half of it"}, {"worktree", "/home/ada/shop"},
          {"claimed_at", now - 720},    {"lease_expires_at", now + 2880}};
}

}  // namespace

TEST_CASE("a table's columns are as wide as what is in them, and blank ones are left out",
          "[cli][table]") {
  Table table({{"NAME"}, {"NOTHING"}, {"WHAT"}});
  table.add({std::string("ä"), std::string(), std::string("one")});
  table.add({std::string("longer"), std::string(), std::string("")});
  CHECK(table.text(colourless, 80) == "NAME    WHAT\nä       one\nlonger\n");
}

TEST_CASE("a table that is too wide gives way at its widest column, and says that it did",
          "[cli][table]") {
  Table table({{"A"}, {"PATH", Table::Cut::start}});
  table.add({std::string("12345678"), "/a/very/long/folder/" + std::string(60, 'x') + "/end"});
  const std::string text = table.text(colourless, 40);
  CHECK(widest(text) == 40);
  CHECK_THAT(text, Contains("12345678  …x") && Contains("x/end\n"));
  Table ends({{"A"}});
  ends.add({std::string(50, 'y') + "end"});
  CHECK_THAT(ends.text(colourless, 20), Contains("y…\n") && !Contains("end"));
}

TEST_CASE("at a terminal a claim is a row with spans, and at any other place as ever",
          "[cli][screen]") {
  CliRun run(Variables{{"HOME", "/home/ada"}});
  const double now = run.context().clock.now().wall;
  const Json frame = {{"snapshot", {{"active_claims", {claim_at(now)}}}}};
  run.context().columns = 140;
  const std::string text = screen_claims(run.context(), frame);
  CHECK_THAT(text, Contains("Claims in ~/shop (1)") && Contains("TASK-7") &&
                       Contains("shop/alice") && Contains("src/parser, docs/parser.md") &&
                       !Contains("WORKTREE") && Contains("12 min") &&
                       Contains("checkpoint: half of it"));
  CHECK_THAT(text, Contains("47 min") || Contains("48 min"));
  Json other = claim_at(now);
  other["worktree"] = "/home/ada/shop-docs";
  const Json two = {{"snapshot", {{"active_claims", {claim_at(now), other}}}}};
  CHECK_THAT(screen_claims(run.context(), two), Contains("WORKTREE") && Contains("~/shop-docs\n"));
  for (const std::size_t columns : {60U, 80U, 140U}) {
    run.context().columns = columns;
    CHECK(widest(screen_claims(run.context(), frame)) <= columns);
  }
  CHECK(screen_claims(run.context(), Json::object()) == "Nothing is claimed.\n");
}

TEST_CASE("escapes from the bus are shown and not obeyed at a terminal either", "[cli][screen]") {
  CliRun run;
  run.context().columns = 400;
  const std::string hostile = "a\x1b[31m\nb";
  const Json claim = {{"task_id", hostile},          {"owner", hostile},      {"paths", {hostile}},
                      {"status", hostile},           {"checkpoint", hostile}, {"worktree", hostile},
                      {"git", {{"branch", hostile}}}};
  const Json task = {
      {"task_id", hostile}, {"status", hostile}, {"title", hostile}, {"depends_on", {hostile}}};
  const Json note = {
      {"author", hostile}, {"kind", hostile}, {"task_id", hostile}, {"text", hostile}};
  const Json card = {{"agent", hostile}, {"model", hostile}, {"description", hostile}};
  for (const std::string& text :
       {screen_claims(run.context(), {{"snapshot", {{"active_claims", {claim}}}}}),
        screen_roster(run.context(), {{"online_agents", {hostile}}}),
        screen_board(run.context(),
                     {{"board", {{"tasks", {task}}, {"ready", {hostile}}, {"progress", {note}}}}}),
        screen_manifest(run.context(), {{"manifest", {card}}})}) {
    CAPTURE(text);
    CHECK_THAT(text, Contains("a\\x1b[31m\\x0ab") && !Contains("\x1b") && !Contains("\nb"));
  }
}

TEST_CASE("the board at a terminal has what is ready, and how long ago was said what",
          "[cli][screen]") {
  CliRun run;
  const double now = run.context().clock.now().wall;
  const Json note = {{"author", "shop/bob"},
                     {"kind", "note"},
                     {"task_id", "BUILD"},
                     {"text", "half way"},
                     {"posted_at", now - 7200}};
  const Json board = {{"tasks", {{{"task_id", "BUILD"}, {"status", "open"}, {"title", "compile"}}}},
                      {"ready", {"BUILD"}},
                      {"progress", {note}}};
  const std::string text = screen_board(run.context(), {{"board", board}});
  CHECK_THAT(text, Contains("open    BUILD  compile") && Contains("Ready  BUILD") &&
                       Contains("2 h") && Contains("half way"));
  CHECK_THAT(screen_board(run.context(), Json::object()), Contains("The plan is empty"));
}

TEST_CASE("the roster at a terminal says whose waiter listens", "[cli][screen]") {
  CliRun run;
  const Json frame{{"online_agents", {"p/b-rx", "p/a", "p/a-rx"}},
                   {"sockets", {{"p/a", {"agent", "command"}}}}};
  CHECK(screen_roster(run.context(), frame) ==
        "Online (3)\n"
        "NAME    CONNECTIONS     WAITER\n"
        "p/a     agent, command  listening\n"
        "p/b-rx\n");
  CHECK(screen_roster(run.context(), Json::object()) == "Nobody is online.\n");
}

TEST_CASE("a hint is for somebody who sees it", "[cli][screen]") {
  CliRun run;
  hint(run.context(), "Next: this");
  CHECK(run.err().empty());
  run.context().err_is_terminal = true;
  hint(run.context(), "Next: this");
  CHECK(run.err() == "Next: this\n");
}

TEST_CASE("the width of a terminal is what $COLUMNS says where the terminal says nothing",
          "[cli][table]") {
  using synapse::base::FixedEnvironment;
  CHECK(terminal_columns(FixedEnvironment(Variables{{"COLUMNS", "132"}}), -1) == 132);
  for (const char* wrong : {"", "0", "wide", "80x", "-1"}) {
    CHECK(terminal_columns(FixedEnvironment(Variables{{"COLUMNS", wrong}}), -1) == 80);
  }
  CHECK(terminal_columns(FixedEnvironment(Variables{}), -1) == 80);
}
