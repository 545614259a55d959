// SPDX-License-Identifier: AGPL-3.0-or-later
// Under whose name commands act, and that those of one agent get along with each other.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <future>

#include "base/shell_quote.hpp"
#include "cli/git_stage.hpp"
#include "support/fd.hpp"
#include "support/file_text.hpp"

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using synapse::AgentOptions;
using synapse::Json;
using synapse::test::ChildProcess;
using synapse::test::CliRun;
using synapse::test::Command;
using synapse::test::Environment;
using synapse::test::eventually;
using synapse::test::GitSandbox;
using synapse::test::GitStage;
using synapse::test::patience;
using synapse::test::program_under_test;
using synapse::test::Variables;
namespace fs = std::filesystem;

namespace {

// The command line as another terminal has it: nothing says who it is.
struct TerminalRun {
  TerminalRun(const GitStage& stage, const std::string& session)
      : run(Variables{{"SYNAPSE_URI", stage.bus.hub.uri()},
                      {"HOME", stage.box.path().string()},
                      {"USER", "ada"}}) {
    run.context().folder = stage.repo;
    run.context().started_as = program_under_test();
    run.context().session = [session] { return session; };
  }
  CliRun run;
};

Command command_of(const GitStage& stage, std::vector<std::string> words,
                   const Environment& more = {}) {
  words.insert(words.begin(), program_under_test());
  Command command{std::move(words), stage.box.environment(), stage.repo.string()};
  command.environment["SYNAPSE_URI"] = stage.bus.hub.uri();
  for (const auto& [name, value] : more) command.environment[name] = value;
  return command;
}

int rounds() {
  const char* const asked = std::getenv("SYNAPSE_NAME_ROUNDS");
  return asked == nullptr ? 2 : std::atoi(asked);
}

// What 16 agents' commands of all kinds do at once.
std::vector<std::vector<std::string>> commands_of_a_moment() {
  std::vector<std::vector<std::string>> all;
  for (const char* query : {"state", "board", "manifest", "health", "who", "conflicts"}) {
    all.push_back({query});
  }
  all.push_back({"who", "--me"});
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i);
    all.push_back({"send", "hello " + number, "--wait-seconds", "0.05"});
    all.push_back({"task", "declare", "T" + number, "--title", "t"});
    all.push_back({"lock", "L" + number, "--wait-timeout", "60", "--", "true"});
  }
  // Seventeen sanitized programs at once keep each other waiting.
  for (std::vector<std::string>& words : all) {
    words.insert(std::find(words.begin(), words.end(), "--"), {"--ready-timeout", "60"});
  }
  return all;
}

}  // namespace

TEST_CASE("a claim that nobody put a name to is its terminal's, and excludes the next terminal's",
          "[cli][names]") {
  GitStage s;
  TerminalRun one(s, "1");
  TerminalRun two(s, "2");
  REQUIRE(one.run({"git-claim", "T1", "--paths", "src", "--auto-release-on", "commit"}) == 0);
  CHECK_THAT(one.run.out(), StartsWith("claimed 'T1' on branch main"));
  const std::string owner = s.claim("T1").at("owner");
  CHECK_THAT(owner, Matches("r/ada-[0-9a-f]{8}"));
  CHECK_THAT(one.run.err(), Contains("export SYN_IDENTITY=" + owner));
  CHECK(two.run({"git-claim", "T2", "--paths", "src/a"}) == 1);
  CHECK_THAT(two.run.out(), StartsWith("claim denied for 'T2'") && Contains(owner));
  CHECK(two.run({"lock", "L", "--paths", "src/a", "--wait-timeout", "0", "--", "true"}) == 1);
  CHECK(two.run({"release", "T1"}) == 1);

  SECTION("its own lock, note and release go on under that name") {
    CHECK(one.run({"lock", "L", "--paths", "src/a", "--wait-timeout", "0", "--", "true"}) == 0);
    CHECK(one.run({"task", "declare", "T1", "--title", "t"}) == 0);
    CHECK(one.run.err().empty());
    CHECK(one.run({"task", "progress", "T1", "half way"}) == 0);
    CHECK(two.run({"task", "progress", "T1", "looking on"}) == 0);
    CHECK(one.run({"board"}) == 0);
    CHECK_THAT(one.run.out(),
               Contains(owner + " [note] T1: half way") && Contains("USER [note] T1: looking on"));
    CHECK(one.run({"release", "T1"}) == 0);
    CHECK(s.claim("T1").is_null());
  }
  SECTION("its own commit releases it") {
    s.box.commit(s.repo, {"src/a"}, "two");
    CHECK(two.run({"git-release", "--trigger", "commit"}) == 0);
    CHECK_FALSE(s.claim("T1").is_null());
    CHECK(one.run({"git-release", "--trigger", "commit"}) == 0);
    CHECK(s.claim("T1").is_null());
  }
}

TEST_CASE("two terminals without any identity exclude each other", "[cli][names]") {
  const GitStage s;
  const auto claim = [&s](const std::string& id) {
    Command command = command_of(s, {"git-claim", id, "--paths", "src"});
    command.words.insert(command.words.begin(), {"setsid", "--wait"});
    return synapse::test::run(command);
  };
  CHECK(claim("T1").status->as_number() == 0);
  const auto second = claim("T2");
  CHECK(second.status->as_number() == 1);
  CHECK_THAT(second.out, StartsWith("claim denied for 'T2'"));
}

TEST_CASE("the owner of a claim is named unless a name was given, and where it comes from",
          "[cli][names]") {
  GitStage s;
  const auto with = [&s](const Variables& more) {
    Variables variables{{"SYNAPSE_URI", s.bus.hub.uri()}, {"HOME", s.box.path().string()}};
    variables.insert(more.begin(), more.end());
    return variables;
  };
  const auto claim = [&s](CliRun& run, std::vector<std::string> more = {}) {
    run.context().folder = s.repo;
    run.context().started_as = program_under_test();
    std::vector<std::string> words{"git-claim", "T1", "--paths", "src"};
    words.insert(words.end(), more.begin(), more.end());
    CHECK(run(words) == 0);
    return run.err();
  };
  CliRun given(with({}));
  CHECK(claim(given, {"--name", "r/alice"}).empty());
  CliRun stated(with({{"SYN_IDENTITY", "r/alice"}}));
  CHECK_THAT(claim(stated), StartsWith("[r/alice] claimed 'T1'") && Contains("$SYN_IDENTITY"));
  s.box.git(s.repo, {"config", "--worktree", "synapse.name", "r/alice"});
  CliRun worktrees(with({}));
  CHECK_THAT(claim(worktrees), StartsWith("[r/alice] claimed 'T1'") && Contains("synapse.name"));
}

TEST_CASE("a project and an identity that disagree fail every command, both named",
          "[cli][names]") {
  CliRun run(Variables{{"SYN_PROJECT", "shop"}, {"SYN_IDENTITY", "mill/ada"}});
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"state"}, {"send", "hi"}, {"release", "T"}, {"wait"}, {"doctor"}, {"mcp"}}) {
    CAPTURE(words);
    CHECK(run(words) == 2);
    CHECK_THAT(run.err(), Contains("'shop'") && Contains("'mill/ada'"));
  }
}

TEST_CASE("the help of --name shows the default that holds", "[cli][names]") {
  CliRun run;
  const auto name_help = [&run](const char* command) {
    CHECK(run({command, "--help"}) == 0);
    return run.out().substr(run.out().find("--name NAME"));
  };
  for (const char* command : {"send", "state", "wait"}) {
    CAPTURE(command);
    CHECK_THAT(name_help(command), Contains("$SYN_IDENTITY") && Contains("USER]"));
  }
  CHECK_THAT(name_help("release"), Contains("USER; this terminal's own name"));
  for (const char* command : {"git-claim", "mcp"}) {
    CAPTURE(command);
    CHECK_THAT(name_help(command), Contains("terminal's own]") && !Contains("USER"));
  }
  CHECK_THAT(name_help("supervisor"), Contains("[SUPERVISOR]"));
}

TEST_CASE("sixteen commands at once are none of them refused, under one identity or sixteen",
          "[cli][names]") {
  const GitStage s;
  const auto commands = commands_of_a_moment();
  REQUIRE(commands.size() == 16);
  for (int round = 0; round < rounds(); ++round) {
    const bool is_one = round % 2 == 0;
    std::vector<std::unique_ptr<ChildProcess>> all;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      const std::string name = is_one ? "r/alice" : "r/agent-" + std::to_string(i);
      all.push_back(
          std::make_unique<ChildProcess>(command_of(s, commands[i], {{"SYN_IDENTITY", name}})));
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto status = all[i]->wait(patience);
      CAPTURE(round, commands[i], all[i]->out(), all[i]->err());
      REQUIRE(status);
      REQUIRE(status->as_number() == 0);
      REQUIRE_THAT(all[i]->err(), !Contains("in use") && !Contains("refused"));
    }
  }
}

TEST_CASE("an agent's server, lock, message and commit hook work at the same time",
          "[cli][names]") {
  GitStage s;
  const Environment alice{{"SYN_IDENTITY", "r/alice"}};
  const auto run = [&](std::vector<std::string> words) {
    return synapse::test::run(command_of(s, std::move(words), alice));
  };
  REQUIRE(run({"git-hook", "install", "--ready-timeout", "20"}).status->as_number() == 0);
  REQUIRE(run({"git-claim", "T1", "--paths", "src", "--auto-release-on", "commit"})
              .status->as_number() == 0);
  CliRun server(Variables{{"SYNAPSE_URI", s.bus.hub.uri()}, {"SYN_IDENTITY", "r/alice"}});
  server.context().folder = s.repo;
  auto served = std::async(std::launch::async, [&] {
    return server({"mcp", "--http", "127.0.0.1:0"});
  });
  REQUIRE(eventually(patience, [&] { return server.out().find("/mcp\n") != std::string::npos; }));
  CHECK_THAT(server.out(), StartsWith("[r/alice] serving"));

  const fs::path sign = s.box / "locked";
  ChildProcess lock(
      command_of(s,
                 {"lock", "L", "--paths", "src", "--", "sh", "-c",
                  "touch " + synapse::base::shell_quoted(sign.string()) + "; exec sleep 1000"},
                 alice));
  REQUIRE(eventually(patience, [&] { return fs::exists(sign); }));
  ChildProcess said(command_of(s, {"send", "anybody?", "--wait-seconds", "1000"}, alice));
  REQUIRE(eventually(patience, [&] {
    const Json frame = *s.observer->who()->frame;
    const auto found = frame.find("sockets");
    return found != frame.end() && found->contains("r/alice") &&
           found->at("r/alice").dump().find("command\",\"command") != std::string::npos;
  }));

  GitSandbox::write(s.repo / "src/a", "two");
  s.box.git(s.repo, {"add", "-A"});
  Command commit{{"git", "commit", "-q", "-m", "two"}, s.box.environment(), s.repo.string()};
  commit.environment["SYN_IDENTITY"] = "r/alice";
  commit.environment["SYNAPSE_URI"] = s.bus.hub.uri();
  const auto committed = synapse::test::run(commit);
  CHECK(committed.status->as_number() == 0);
  CHECK_THAT(committed.err, Contains("released on commit: T1"));
  CHECK(s.claim("T1").is_null());
  CHECK_FALSE(s.claim("L").is_null());
  CHECK_FALSE(said.wait(std::chrono::milliseconds(0)));

  lock.send_signal(SIGTERM);
  CHECK(lock.wait(patience));
  CHECK(s.claim("L").is_null());
  server.signals.send({SIGTERM, synapse::base::Signal::Origin::process});
  CHECK(served.get() == 0);
}

TEST_CASE("two windows of one assistant are two agents", "[cli][names]") {
  const GitStage s;
  const auto open_window = [&s](const std::string& task) {
    const fs::path pipe = s.box / task;
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    Command command = command_of(s, {}, {{"SYN_IDENTITY", "r/claude"}});
    command.words = {"sh", "-c", R"(exec "$0" mcp <"$1")", program_under_test(), pipe.string()};
    auto window = std::make_unique<ChildProcess>(command);
    // For reading too, so as not to wait for the other end.
    synapse::test::Fd in(open(pipe.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(in.get() >= 0);
    const std::string said =
        R"({"jsonrpc":"2.0","id":0,"method":"initialize",)"
        R"("params":{"protocolVersion":"2025-11-25"}})"
        "\n"
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"synapse_claim",)"
        R"("arguments":{"task_id":")" +
        task + R"(","paths":["src"]}}})" + "\n";
    REQUIRE(write(in.get(), said.data(), said.size()) == static_cast<ssize_t>(said.size()));
    return std::pair(std::move(window), std::move(in));
  };
  const auto first = open_window("T1");
  REQUIRE(first.first->wait_for_output("claimed 'T1' as r/claude: src", patience));
  CHECK(first.first->err().empty());
  const auto second = open_window("T2");
  // What the one holds is refused to the other.
  REQUIRE(second.first->wait_for_output("could not claim 'T2'", patience));
  CHECK_THAT(second.first->err(),
             Contains("another process is the agent r/claude;") && Contains("[r/claude-2]"));
  CHECK_FALSE(first.first->wait(std::chrono::milliseconds(0)));
}
