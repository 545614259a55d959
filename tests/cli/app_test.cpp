// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/app.hpp"

#include "cli/args/nearest.hpp"
#include "cli/cli_run.hpp"
#include "cli/command_list.hpp"
#include "support/catch.hpp"
#include "synapse/version.hpp"

using Catch::Matchers::Contains;
using synapse::test::CliRun;
using synapse::test::Variables;

namespace {

// Every command that can be run, as its words.
std::vector<std::vector<std::string>> runnable() {
  std::vector<std::vector<std::string>> all;
  for (const auto& command : synapse::cli::all_commands()) {
    if (command.subcommands.empty()) all.push_back({std::string(command.name)});
    for (const auto& inner : command.subcommands) {
      all.push_back({std::string(command.name), std::string(inner.name)});
    }
  }
  return all;
}

std::size_t widest_line(const std::string& text) {
  std::size_t widest = 0;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) widest = std::max(widest, line.size());
  return widest;
}

}  // namespace

TEST_CASE("without a command the program prints its help and fails", "[cli][app]") {
  CliRun run;
  CHECK(run({}) == 1);
  CHECK_THAT(run.out(), Contains("Usage: synapse COMMAND"));
  for (const auto& command : synapse::cli::all_commands()) {
    CHECK_THAT(run.out(), Contains("\n  " + std::string(command.name) + " "));
  }
  CHECK(run.err().empty());
}

TEST_CASE("help and version succeed and write to stdout only", "[cli][app]") {
  CliRun run;
  CHECK(run({"--help"}) == 0);
  CHECK_THAT(run.out(), Contains("First steps:"));
  CHECK(run({"-h"}) == 0);
  CHECK(run({"--version"}) == 0);
  CHECK(run.out() == "synapse " + std::string(synapse::version()) + "\n");
  CHECK(run.err().empty());
}

TEST_CASE("every command has help that fits a terminal", "[cli][app]") {
  for (const auto& words : runnable()) {
    CliRun run;
    auto asked = words;
    asked.emplace_back("--help");
    CAPTURE(words);
    CHECK(run(asked) == 0);
    CHECK_THAT(run.out(), Contains("Usage: synapse " + words.front()));
    CHECK(widest_line(run.out()) <= 80);
    CHECK(run.err().empty());
  }
}

TEST_CASE("a command that takes a number shows its default", "[cli][app]") {
  CliRun run;
  CHECK(run({"hub", "--help"}) == 0);
  CHECK_THAT(run.out(), Contains("[8876]") && Contains("[1024]") && Contains("[localhost]"));
}

TEST_CASE("help and version are words as well as options", "[cli][app]") {
  CliRun run;
  CHECK(run({"--help"}) == 0);
  const std::string help = run.out();
  CHECK(run({"help"}) == 0);
  CHECK(run.out() == help);
  CHECK(run({"task", "declare", "--help"}) == 0);
  const std::string declare = run.out();
  CHECK(run({"help", "task", "declare"}) == 0);
  CHECK(run.out() == declare);
  CHECK(run({"help", "nonsense"}) == 2);
  CHECK(run({"version"}) == 0);
  CHECK_THAT(run.out(), Contains(std::string(synapse::version())));
}

TEST_CASE("an option without its value is named with it", "[cli][app]") {
  CliRun run;
  CHECK(run({"state", "--token"}) == 2);
  CHECK_THAT(run.err(), Contains("--token lacks its TOKEN"));
}

TEST_CASE("an unknown option of any command is a usage error", "[cli][app]") {
  for (const auto& words : runnable()) {
    CliRun run;
    auto asked = words;
    asked.emplace_back("--no-such-option");
    CAPTURE(words);
    CHECK(run(asked) == 2);
    CHECK(run.out().empty());
    CHECK_THAT(run.err(), Contains("--no-such-option") && Contains("--help"));
  }
}

TEST_CASE("a wrong command name is a usage error that names the nearest", "[cli][app]") {
  CliRun run;
  CHECK(run({"baord"}) == 2);
  CHECK(run.out().empty());
  CHECK_THAT(run.err(), Contains("'baord'") && Contains("did you mean 'board'?"));
  CHECK(run({"nonsense"}) == 2);
  CHECK_THAT(run.err(), !Contains("did you mean"));
  CHECK(run({"task", "declaer"}) == 2);
  CHECK_THAT(run.err(), Contains("did you mean 'declare'?"));
}

TEST_CASE("a word that does what a command does is answered with that command", "[cli][app]") {
  CliRun run;
  for (const auto& [word, command] : {std::pair{"clam", "git-claim"}, std::pair{"status", "state"},
                                      std::pair{"mesage", "send"}, std::pair{"serve", "hub"}}) {
    CAPTURE(word);
    CHECK(run({word}) == 2);
    CHECK_THAT(run.err(), Contains(std::string("did you mean '") + command + "'?"));
  }
  CHECK(run({"task", "status"}) == 2);
  CHECK_THAT(run.err(), !Contains("did you mean"));
}

TEST_CASE("the help shows every command once, in its group, behind the first steps", "[cli][app]") {
  CliRun run;
  CHECK(run({"--help"}) == 0);
  std::size_t at = run.out().find("First steps:");
  REQUIRE(at != std::string::npos);
  for (const auto& group : synapse::cli::command_groups()) {
    at = run.out().find("\n" + std::string(group.title) + ":\n", at);
    REQUIRE(at != std::string::npos);
    for (const auto& command : group.commands) {
      const std::string row = "\n  " + std::string(command.name) + " ";
      const std::size_t first = run.out().find(row);
      CAPTURE(command.name);
      REQUIRE(first != std::string::npos);
      CHECK(first > at);
      CHECK(run.out().find(row, first + 1) == std::string::npos);
    }
  }
}

TEST_CASE("a complaint begins with the command that complains", "[cli][app]") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"hub", "--tls-cert", "c.pem"},
                                             {"task", "update", "T"},
                                             {"ingest", "/no/such/file"},
                                             {"who-holds", "x", "--uri", "nonsense"}}) {
    CliRun run;
    CAPTURE(words);
    CHECK(run(words) != 0);
    const bool has_verb = words.front() == "task";
    CHECK(run.err().starts_with("synapse " + words.front() + (has_verb ? " " + words[1] : "") +
                                ": "));
  }
}

TEST_CASE("escapes in a wrong word are shown and not obeyed", "[cli][app]") {
  CliRun run;
  CHECK(run({"\x1b[2J"}) == 2);
  CHECK_THAT(run.err(), Contains("\\x1b[2J") && !Contains("\x1b"));
  CHECK(run({"send", "--\x1b[2J", "hi"}) == 2);
  CHECK_THAT(run.err(), !Contains("\x1b"));
}

TEST_CASE("a bare group of commands prints its help and fails", "[cli][app]") {
  CliRun run;
  CHECK(run({"task"}) == 1);
  CHECK_THAT(run.out(), Contains("declare") && Contains("update") && Contains("progress"));
  CHECK(run.err().empty());
  CHECK(run({"task", "--help"}) == 0);
  // As the original's do.
  CHECK(run({"git-hook"}) == 2);
  CHECK_THAT(run.out(), Contains("install") && Contains("test"));
  CHECK(run({"new"}) == 2);
}

TEST_CASE("a group's options may stand before its verb", "[cli][app]") {
  const Variables nowhere{{"SYNAPSE_URI", "ws://127.0.0.1:1"}};
  CliRun run(nowhere);
  CHECK(run({"task", "--name", "progress", "--ready-timeout=1", "progress", "T", "half"}) == 1);
  CHECK_THAT(run.out(), Contains("[progress] Could not reach hub"));
  CHECK(run({"git-hook", "--synapse-bin"}) == 2);
}

TEST_CASE("missing and surplus words are usage errors", "[cli][app]") {
  const std::vector<std::vector<std::string>> wrong = {
      {"send"},
      {"send", "one", "two"},
      {"release"},
      {"relay"},
      {"task", "declare"},
      {"task", "progress", "ID"},
      {"task", "update", "ID"},
      {"task", "forget"},
      {"lock", "ID"},
      {"lock", "ID", "--"},
      {"lock", "ID", "true", "--name", "A"},
      {"git-hook", "--name", "A"},
      {"git-hook", "--name", "A", "unstall"},
      {"board", "extra"},
      {"who", "--project"},
      {"who", "--me", "--project", "p"},
      {"arm", "--broadcasts", "--directed-only"},
  };
  for (const auto& words : wrong) {
    CliRun run;
    CAPTURE(words);
    CHECK(run(words) == 2);
    CHECK(run.out().empty());
    CHECK_FALSE(run.err().empty());
  }
}

TEST_CASE("numbers of the hub's options are checked before anything starts", "[cli][app][hub]") {
  const std::vector<std::vector<std::string>> wrong = {
      {"--port", "65536"},      {"--port", "-1"},
      {"--port", "0x10"},       {"--max-clients", "0"},
      {"--max-history", "0"},   {"--rate", "nan"},
      {"--rate", "inf"},        {"--rate", "-1"},
      {"--auth-timeout", "0"},  {"--max-msg-kb", "1.5"},
      {"--log-format", "xml"},  {"--log-level", "LOUD"},
      {"--tls-cert", "c.pem"},  {"--tls-key", "k.pem"},
      {"--token", ""},          {"--db", ""},
      {"--metrics-token", " "}, {"--threads", "1000"},
  };
  for (auto words : wrong) {
    CliRun run;
    CAPTURE(words);
    words.insert(words.begin(), "hub");
    CHECK(run(words) == 2);
    CHECK_THAT(run.err(), Contains(words[1]));
  }
}

TEST_CASE("output that can't be written fails the command", "[cli][app]") {
  CliRun run;
  run.context().out.setstate(std::ios::badbit);
  CHECK(run({"--version"}) == 1);
  CHECK_THAT(run.err(), Contains("output"));
}

TEST_CASE("the nearest word is a few slips away or none", "[cli][nearest]") {
  const std::vector<std::string> words = {"send", "state", "board"};
  CHECK(synapse::cli::nearest("sned", words) == "send");
  CHECK(synapse::cli::nearest("stat", words) == "state");
  CHECK(synapse::cli::nearest("boards", words) == "board");
  const std::vector<std::string> long_words{"git-claim", "git-release", "board"};
  CHECK(synapse::cli::nearest("claim", long_words) == "git-claim");
  CHECK_FALSE(synapse::cli::nearest("cla", long_words));
  CHECK_FALSE(synapse::cli::nearest("frobnicate", words));
  CHECK_FALSE(synapse::cli::nearest("", words));
  CHECK_FALSE(synapse::cli::nearest(std::string(100'000, 's'), words));
}
