// SPDX-License-Identifier: AGPL-3.0-or-later
// `syn take` beneath a session of an assistant.
#include <csignal>
#include <set>

#include "guard/workshop.hpp"

namespace {

using namespace synapse;
using namespace synapse::test;

// The owners of all claims with their paths, in the order of these lines.
std::string claims_of(const Workshop& shop) {
  const Json state = Json::parse(shop.command({program_under_test(), "state", "--json"}).out);
  std::multiset<std::string> lines;
  for (const Json& claim : state.at("snapshot").at("active_claims")) {
    std::string line = claim.at("owner").get<std::string>() + ":";
    const auto paths = claim.at("paths").get<std::set<std::string>>();
    for (const std::string& path : paths) line += " " + path;
    lines.insert(line + "\n");
  }
  std::string all;
  for (const std::string& line : lines) all += line;
  return all;
}

Command take(const Workshop& shop, const std::string& session, const std::string& path) {
  Command command;
  command.words = {syn_program(), "take", path, "--timeout", "60"};
  command.environment = shop.environment;
  command.environment["CLAUDE_CODE_SESSION_ID"] = session;
  command.folder = shop.shop.root().string();
  return command;
}

}  // namespace

TEST_CASE("what a session takes in its turn is held with what it edits, and ends with it",
          "[guard][process][take]") {
  Workshop shop;
  shop.start_hub();
  // Each beneath a process of its own, as hosts are: the files of their sessions are by process.
  const auto begin = [&shop](const std::string& session, const std::string& path) {
    const fs::path input = shop.shop.root().parent_path() / ("begin-" + session);
    std::ofstream(input) << shop.payload(session, "PreToolUse", path);
    Command host;
    host.words = {"timeout",
                  "60",
                  "/bin/sh",
                  "-c",
                  "\"$0\" guard --for claude <\"$1\"; echo asked; sleep 60",
                  syn_program(),
                  input.string()};
    host.environment = shop.environment;
    host.folder = shop.shop.root().string();
    auto process = std::make_unique<ChildProcess>(host);
    REQUIRE(process->wait_for_output("asked", patience));
    return process;
  };
  const auto one = begin("one", "a.c");
  const auto two = begin("two", "b.c");
  CHECK(claims_of(shop) == "shop/claude-2: b.c\nshop/claude: a.c\n");
  ChildProcess waits(take(shop, "two", "a.c"));
  one->send_signal(SIGKILL);
  REQUIRE(waits.wait(patience));
  CHECK(waits.wait(patience)->as_number() == 0);
  CHECK(waits.out().find("a.c is yours, with what this session edits") == 0);
  CHECK(claims_of(shop) == "shop/claude-2: a.c b.c\n");
  two->send_signal(SIGKILL);
  const Deadline deadline = patience;
  while (!claims_of(shop).empty()) REQUIRE_FALSE(deadline.passed());
}

TEST_CASE("patterns, and what nobody's session takes, are claims of ten minutes",
          "[guard][process][take]") {
  Workshop shop;
  shop.start_hub();
  CHECK(shop.refusal("one", "b.c").empty());
  const Finished pattern = run(take(shop, "one", "src/*.c"));
  CHECK(pattern.status->as_number() == 0);
  CHECK(pattern.out.find("src/*.c is yours until ") == 0);
  CHECK(claims_of(shop) == "shop/claude: b.c\nshop/claude: src/*.c\n");
  CHECK(shop.told("one", "SessionEnd").empty());
  const Finished other = run(take(shop, "one", "c.c"));
  CHECK(other.status->as_number() == 0);
  CHECK(other.out.find("c.c is yours until ") == 0);
}
