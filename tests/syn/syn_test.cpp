// SPDX-License-Identifier: AGPL-3.0-or-later
// What `syn` makes of its words, in process; against a hub where a verb needs one.
#include "syn/app.hpp"

#include <fstream>
#include <future>

#include "../cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"
#include "synapse/version.hpp"

using Catch::Matchers::Contains;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::comes_online;
using synapse::test::patience;
using synapse::test::receive_type;
using synapse::test::TempDir;
using synapse::test::Variables;

namespace {

int syn(CliRun& run, std::vector<std::string> words, std::string_view verb = "") {
  return synapse::syn::run(run.context(), verb, words);
}

CliRun agent_on(const Bus& bus) {
  return CliRun(Variables{{"SYNAPSE_URI", bus.hub.uri()}, {"SYN_IDENTITY", "P/me"}});
}

}  // namespace

TEST_CASE("the program's name says whether it is syn, and which verb", "[syn]") {
  using synapse::syn::verb_of;
  CHECK(verb_of("/usr/bin/syn") == "");
  CHECK(verb_of("syn-wait") == "wait");
  CHECK(verb_of("./syn-name") == "name");
  CHECK(verb_of("syn-say") == "say");
  CHECK(verb_of("syn-inbox") == "inbox");
  CHECK(verb_of("syn-board") == "board");
  for (const char* other : {"synapse", "/usr/bin/synapse", "", "syn-", "syn-who-knows"}) {
    CHECK_FALSE(verb_of(other).has_value());
  }
}

TEST_CASE("without a verb syn shows its help, as a usage error", "[syn]") {
  CliRun run;
  CHECK(syn(run, {}) == 2);
  CHECK_THAT(run.out(), Contains("Usage: syn"));
  CliRun asked;
  CHECK(syn(asked, {"--help"}) == 0);
  CHECK_THAT(asked.out(), Contains("inbox"));
}

TEST_CASE("syn says its version, and its help by a word too", "[syn]") {
  for (const char* word : {"--version", "-V", "version"}) {
    CliRun run;
    CHECK(syn(run, {word}) == 0);
    CHECK(run.out() == "synapse " + std::string(synapse::version()) + "\n");
  }
  CliRun run;
  CHECK(syn(run, {"help"}) == 0);
  CHECK_THAT(run.out(), Contains("Usage: syn"));
}

TEST_CASE("a verb that there isn't is a usage error with a suggestion", "[syn]") {
  CliRun run;
  CHECK(syn(run, {"bord"}) == 2);
  CHECK_THAT(run.err(), Contains("did you mean 'board'?"));
  CliRun option;
  CHECK(syn(option, {"--projekt", "P", "name"}) == 2);
  CliRun cut;
  CHECK(syn(cut, {"--project"}) == 2);
}

TEST_CASE("options go before the verb, in either spelling, for the links too", "[syn]") {
  CliRun run(Variables{{"SYN_PROJECT", "P"}});
  CHECK(syn(run, {"--id=3", "--type", "codex", "name"}) == 0);
  CHECK_THAT(run.out(), Contains("identity: P/codex-3\nwaiter:   P/codex-3-rx\n"));
  CliRun link;
  CHECK(syn(link, {"--project", "X"}, "name") == 0);
  CHECK_THAT(link.out(), Contains("project:  X\n") && Contains("source:   flag\n"));
  CliRun behind;
  CHECK(syn(behind, {"name", "--project", "X"}) == 2);
}

TEST_CASE("every verb but name warns of a project that is hardly meant", "[syn]") {
  const Variables nowhere{{"SYNAPSE_URI", "ws://127.0.0.1:1"}, {"SYN_PROJECT", "tmp"}};
  CliRun name(nowhere);
  CHECK(syn(name, {"name"}) == 0);
  CHECK(name.err().empty());
  CHECK_THAT(name.out(), Contains("plausible: NO"));
  CliRun board(nowhere);
  CHECK(syn(board, {"board"}) == 1);
  CHECK_THAT(board.err(), Contains("'tmp'"));
  CliRun meant(Variables{{"SYNAPSE_URI", "ws://127.0.0.1:1"}, {"SYN_PROJECT", "P"}});
  CHECK(syn(meant, {"board"}) == 1);
  CHECK(meant.err().empty());
}

TEST_CASE("a message goes out as the identity, or as the project", "[syn]") {
  const Bus bus;
  const auto peer = bus.join("Q");
  const auto heard = [&] { return **receive_type(*peer, "chat", patience); };

  CliRun said = agent_on(bus);
  CHECK(syn(said, {"say", "Q", "-- a --dash", "--wait-seconds", "0", "--priority"}) == 0);
  const synapse::Json own = heard();
  CHECK(own.at("sender") == "P/me");
  CHECK(own.at("payload") == "-- a --dash");
  CHECK(own.at("priority") == true);

  CliRun project = agent_on(bus);
  CHECK(syn(project, {"say", "--as-project", "Q,R/*", "two", "--wait-seconds=0"}) == 0);
  const synapse::Json shared = heard();
  CHECK(shared.at("sender") == "P");
  CHECK(shared.at("target") == "Q,R/*");
}

TEST_CASE("a message without its target, or with words too many, is not sent", "[syn]") {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"say"},
                                             {"say", "Q"},
                                             {"say", "--as-project", "Q"},
                                             {"say", "--priority", "Q", "x"},
                                             {"say", "Q", "hello", "there"}}) {
    CliRun run(Variables{{"SYN_PROJECT", "P"}, {"SYNAPSE_URI", "ws://127.0.0.1:1"}});
    CHECK(syn(run, words) == 2);
    CHECK_FALSE(run.err().empty());
  }
}

TEST_CASE("arm sleeps through what is for the project and wakes on the identity", "[syn]") {
  const Bus bus;
  const auto peer = bus.join("Q");
  CliRun run = agent_on(bus);
  auto code = std::async(std::launch::async, [&run] {
    return syn(run, {"arm", "--max-wakes", "1"});
  });
  REQUIRE(comes_online(*peer, "P/me-rx"));
  REQUIRE(peer->chat("P", "to the project")->granted);
  REQUIRE(peer->chat("P/me", "to me")->granted);
  CHECK(code.get() == 0);
  CHECK(run.out() == "Q: to me\n");
}

TEST_CASE("wait ends after the first message that wakes it", "[syn]") {
  const Bus bus;
  const auto peer = bus.join("Q");
  CliRun waiting = agent_on(bus);
  auto ended = std::async(std::launch::async, [&] { return syn(waiting, {"wait"}); });
  REQUIRE(comes_online(*peer, "P/me-rx"));
  REQUIRE(peer->chat("P", "not you alone")->granted);
  REQUIRE(peer->chat("P/me", "first")->granted);
  REQUIRE(ended.wait_for(patience) == std::future_status::ready);
  CHECK(ended.get() == 0);
  CHECK(waiting.out() == "Q: first\n");
}

TEST_CASE("arm wakes on messages to all only if it is told to", "[syn]") {
  const Bus bus;
  const auto peer = bus.join("Q");
  CliRun run = agent_on(bus);
  auto code = std::async(std::launch::async, [&run] {
    return syn(run, {"arm", "--max-wakes", "1", "--broadcasts", "--wake-jitter", "0"});
  });
  REQUIRE(comes_online(*peer, "P/me-rx"));
  REQUIRE(peer->chat("all", "to all")->granted);
  CHECK(code.get() == 0);
  CHECK(run.out() == "Q: to all\n");
}

TEST_CASE("who and board ask under the identity and the project", "[syn]") {
  const Bus bus;
  CliRun who = agent_on(bus);
  CHECK(syn(who, {"who"}) == 0);
  CHECK(who.out() == "Online (1):\n  P/me\n");
  CliRun board = agent_on(bus);
  CHECK(syn(board, {"board", "--json"}) == 0);
  CHECK(synapse::Json::parse(board.out()).at("type") == "board_snapshot");
}

TEST_CASE("each identity has its own place in the inbox", "[syn]") {
  const TempDir home;
  synapse::test::HubOptions options;
  options.arguments = {"--relay-log", (home / "feed.ndjson").string()};
  const synapse::test::HubProcess hub(options);
  synapse::AgentOptions settings;
  settings.uri = hub.uri();
  settings.name = "Q";
  synapse::Agent agent(settings);
  REQUIRE(agent.connect().has_value());
  REQUIRE(agent.chat("P/other", "for the project")->granted);
  REQUIRE(agent.chat("Z", "for another")->granted);
  const auto inbox = [&](const std::string& identity) {
    CliRun run(Variables{{"SYN_IDENTITY", identity}, {"SYN_HOME", home.path().string()}});
    CHECK(syn(run, {"inbox"}) == 0);
    return run.out();
  };
  // The hub mirrors beside its answers.
  REQUIRE(synapse::test::eventually(patience, [&] {
    std::ifstream feed(home / "feed.ndjson");
    const std::string text{std::istreambuf_iterator<char>(feed), {}};
    return text.find("for another") != std::string::npos;
  }));
  CHECK_THAT(inbox("P/a"), Contains("for the project") && !Contains("for another"));
  CHECK(inbox("P/a").empty());
  CHECK_THAT(inbox("P/b"), Contains("for the project"));
  CHECK(std::filesystem::exists(home / "P_a.cursor"));
  CHECK(std::filesystem::exists(home / "P_b.cursor"));
}

TEST_CASE("an inbox without a feed says so, and one without a home is an error", "[syn]") {
  const TempDir home;
  CliRun run(Variables{{"SYN_PROJECT", "P"}, {"HOME", home.path().string()}});
  CHECK(syn(run, {"inbox"}) == 0);
  CHECK(run.out().empty());
  CHECK_THAT(run.err(), Contains("synapse/feed.ndjson") && Contains("--relay-log"));
  CliRun homeless(Variables{{"SYN_PROJECT", "P"}});
  CHECK(syn(homeless, {"inbox"}) == 2);
}

TEST_CASE(
    "beneath an assistant an inbox says that no mailbox was read, and to a script it does not",
    "[syn]") {
  const TempDir home;
  std::filesystem::create_directories(home / "synapse");
  std::ofstream(home / "synapse/feed.ndjson").close();
  Variables variables{{"SYN_PROJECT", "P"}, {"HOME", home.path().string()}};
  CliRun script(variables);
  CHECK(syn(script, {"inbox"}) == 0);
  CHECK(script.err().empty());
  variables["CLAUDE_CODE_SESSION_ID"] = "1";
  CliRun assistant(variables);
  CHECK(syn(assistant, {"inbox", "--json"}) == 0);
  CHECK_THAT(assistant.err(), Contains("your mailbox was not read, only the relay log"));
  CHECK_THAT(assistant.out(), Contains("without_mailbox"));
}

TEST_CASE("verbs and syn's own options are completed, then the options behind a verb",
          "[syn][completion]") {
  const auto answer = [](std::vector<std::string> words, std::string_view verb = "") {
    CliRun run;
    words.insert(words.begin(), "__complete");
    CHECK(syn(run, words, verb) == 0);
    return run.out();
  };
  CHECK_THAT(answer({"sa"}), Catch::Matchers::StartsWith("say\t"));
  CHECK_THAT(answer({"--pr"}), Catch::Matchers::StartsWith("--project\t"));
  CHECK_THAT(answer({"--id", "3", "sa"}), Catch::Matchers::StartsWith("say\t"));
  CHECK_THAT(answer({"say", "--prio"}), Catch::Matchers::StartsWith("--priority\t"));
  CHECK_THAT(answer({"--prio"}, "say"), Catch::Matchers::StartsWith("--priority\t"));
  CHECK(answer({"nonsense", ""}).empty());
  CHECK(answer({}).empty());
}

TEST_CASE("the manual of syn has every verb that its help has", "[syn][man]") {
  CliRun help;
  REQUIRE(syn(help, {"--help"}) == 0);
  CliRun manual;
  REQUIRE(syn(manual, {"__man"}) == 0);
  for (const char* verb : {"name", "arm", "say", "inbox", "board", "who"}) {
    CHECK_THAT(help.out(), Contains(verb));
    CHECK_THAT(manual.out(), Contains("\\fB" + std::string(verb) + "\\fR"));
  }
}
