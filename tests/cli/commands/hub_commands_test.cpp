// SPDX-License-Identifier: AGPL-3.0-or-later
// Commands against a hub in this process: what the recordings don't show.
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/temp_dir.hpp"

using Catch::Matchers::Contains;
using synapse::Agent;
using synapse::Json;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::on;
using synapse::test::receive_type;
using synapse::test::Variables;

namespace {

synapse::HubOptions secured() {
  synapse::HubOptions options;
  options.token = "secret";
  return options;
}

synapse::ClaimRequest claim_of(const std::string& id) {
  synapse::ClaimRequest claim;
  claim.task_id = id;
  claim.worktree = id;
  return claim;
}

bool is_claimed(Agent& observer, const std::string& id) {
  const Json claims = observer.state().value().frame->at("snapshot").at("active_claims");
  return std::any_of(claims.begin(), claims.end(),
                     [&id](const Json& claim) { return claim.at("task_id") == id; });
}

}  // namespace

TEST_CASE("queries print the hub's answer as one JSON document", "[cli][json]") {
  const Bus bus;
  CliRun run(on(bus));
  const std::map<std::string, std::string> types = {{"who", "who_snapshot"},
                                                    {"state", "state_snapshot"},
                                                    {"board", "board_snapshot"},
                                                    {"manifest", "manifest_snapshot"}};
  for (const auto& [command, type] : types) {
    CAPTURE(command);
    CHECK(run({command, "--json"}) == 0);
    const Json frame = Json::parse(run.out());
    CHECK(frame.at("type") == type);
    CHECK(frame.contains("hub_id"));
    CHECK(run.err().empty());
  }
}

TEST_CASE("what a query leaves out, its JSON leaves out", "[cli][json]") {
  const Bus bus;
  const auto mine = bus.join("p/a");
  const auto other = bus.join("q");
  REQUIRE(mine->claim(claim_of("T1"))->granted);
  REQUIRE(other->claim(claim_of("T2"))->granted);
  CliRun run(on(bus));
  CHECK(run({"state", "--owner", "p", "--json"}) == 0);
  const Json claims = Json::parse(run.out()).at("snapshot").at("active_claims");
  REQUIRE(claims.size() == 1);
  CHECK(claims[0].at("task_id") == "T1");
  CHECK(run({"who", "--project", "p", "--json"}) == 0);
  CHECK(Json::parse(run.out()).at("online_agents") == Json::array({"p/a"}));
  CHECK(run({"who", "--me", "--name", "q", "--json"}) == 0);
  CHECK(Json::parse(run.out()).at("online_agents") == Json::array({"q"}));
}

TEST_CASE("a name that is taken is said to be, and fails the command", "[cli][connection]") {
  const Bus bus;
  auto alone = bus.settings("USER");
  alone.sharing = synapse::AgentOptions::Sharing::alone;
  const auto holder = bus.join(alone);
  CliRun run(on(bus));
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"who"}, {"send", "hi"}, {"release", "T"}, {"listen"}}) {
    CAPTURE(words);
    CHECK(run(words) == 1);
    CHECK(run.out().empty());
    CHECK_THAT(run.err(), Contains("USER") && Contains("--name"));
  }
  CHECK(run({"send", "hi", "--name", "other", "--wait-seconds", "0"}) == 0);
  // They take no name.
  for (const char* query : {"board", "state", "manifest", "health", "conflicts"}) {
    CAPTURE(query);
    CHECK(run({query}) == 0);
  }
  CHECK(run({"who", "--me"}) == 0);
}

TEST_CASE("open prints the page's address, with the token only if it is asked to",
          "[cli][connection]") {
  const Bus bus(secured());
  const std::string page = "http" + bus.hub.uri().substr(2) + "/";
  CliRun run(Variables{{"SYNAPSE_URI", bus.hub.uri()}, {"SYNAPSE_TOKEN", "secret"}});
  CHECK(run({"open"}) == 0);
  CHECK(run.out() == page + "\n");
  CHECK(run({"open", "--print", "--with-token"}) == 0);
  CHECK(run.out() == page + "#token=secret\n");
  CHECK(run({"open", "--token", "wrong"}) != 0);
  CHECK(run.out().empty());
  CHECK(run({"open", "--uri", "unix:/nowhere/a.sock"}) == 2);
  CHECK_THAT(run.err(), Contains("ws://HOST:PORT"));
}

TEST_CASE("a page off loopback without a token is refused", "[cli][hub]") {
  CliRun run(Variables{});
  CHECK(run({"hub", "--host", "0.0.0.0", "--port", "0", "--page", "--insecure-off-loopback"}) == 2);
  CHECK_THAT(run.err(), Contains("--page") && Contains("token"));
  CHECK(run({"hub", "--page", "--no-page"}) == 2);
}

TEST_CASE("a hub refuses a token of operators that is blank, or that agents have too",
          "[cli][hub]") {
  CliRun run(Variables{{"SYNAPSE_OPERATOR_TOKEN", "same-for-all"}});
  CHECK(run({"hub", "--port", "0", "--token", "same-for-all"}) == 2);
  CHECK_THAT(run.err(), Contains("agents have too") && !Contains("same-for-all"));
  CHECK(run({"hub", "--port", "0", "--operator-token", " "}) == 2);
  CHECK_THAT(run.err(), Contains("--operator-token is blank"));
  CHECK(run({"hub", "--port", "0", "--operator-token-file", "/nowhere"}) == 2);
  CHECK_THAT(run.err(), Contains("--operator-token-file"));
}

TEST_CASE("a secured hub is entered with its token and not without", "[cli][connection]") {
  const synapse::test::TempDir dir;
  const Bus bus(secured());
  CliRun without(on(bus));
  CHECK(without({"board"}) == 1);
  CHECK(without.out().empty());
  CHECK_THAT(without.err(), Contains("--token"));
  CHECK(without({"health"}) == 1);
  CHECK(without({"board", "--token", "wrong"}) == 1);
  CHECK_THAT(without.err(), !Contains("wrong"));
  CHECK(without({"board", "--token", "secret"}) == 0);

  const std::string file = dir / "token";
  std::ofstream(file) << "secret\n";
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  CHECK(without({"board", "--token-file", file}) == 0);

  CliRun with(Variables{{"SYNAPSE_URI", bus.hub.uri()}, {"SYNAPSE_TOKEN", "secret"}});
  CHECK(with({"board"}) == 0);
  CHECK(with({"board", "--token", "wrong"}) == 1);
}

TEST_CASE("the option --uri goes before the environment", "[cli][connection]") {
  const Bus bus;
  CliRun run(Variables{{"SYNAPSE_URI", "ws://127.0.0.1:1"}});
  CHECK(run({"board", "--uri", bus.hub.uri()}) == 0);
  CHECK(run({"board", "--ready-timeout", "5"}) == 1);
  CHECK(run.out() == "[USER] Could not reach hub at ws://127.0.0.1:1.\n");
  CHECK(run.err().empty());
}

TEST_CASE("a URI that is none is a usage error", "[cli][connection]") {
  CliRun run;
  for (const std::string uri : {"localhost:8876", "http://localhost", "ws://", "ws://h:99999"}) {
    CAPTURE(uri);
    CHECK(run({"board", "--uri", uri}) == 2);
    CHECK(run.out().empty());
    CHECK_FALSE(run.err().empty());
  }
}

TEST_CASE("a change of the plan that is refused says why on stderr", "[cli][task]") {
  const Bus bus;
  CliRun run(on(bus));
  CHECK(run({"task", "declare", "A", "--title", "a", "--depends-on", "B"}) == 0);
  CHECK(run({"task", "declare", "B", "--title", "b", "--depends-on", "A"}) == 1);
  CHECK(run.out().empty());
  CHECK_FALSE(run.err().empty());
  CHECK(run({"task", "declare", "C"}) == 1);
  CHECK(run({"task", "update", "none", "--status", "done"}) == 1);
  CHECK(run({"task", "update", "A", "--status", "lost"}) == 2);
  CHECK_THAT(run.err(), Contains("--status") && Contains("lost"));
  CHECK(run({"task", "progress", "A", "text", "--kind", "rumour"}) == 2);
}

TEST_CASE("a task that is forgotten is off the board", "[cli][task]") {
  const Bus bus;
  CliRun run(on(bus));
  CHECK(run({"task", "declare", "A", "--title", "a"}) == 0);
  CHECK(run({"task", "declare", "B", "--title", "b", "--depends-on", "A"}) == 0);
  CHECK(run({"task", "forget", "A"}) == 1);
  CHECK_THAT(run.err(), Contains("'B' depends on it"));
  CHECK(run({"task", "forget", "B"}) == 0);
  CHECK(run.out() == "forgot B\n");
  CHECK(run({"board"}) == 0);
  CHECK_THAT(run.out(), !Contains("B"));
}

TEST_CASE("a message prints the replies to it and no other chat", "[cli][send]") {
  const Bus bus;
  const auto settings = bus.settings("R");
  Agent replier(settings);
  replier.on_frame([&replier](const Json& frame) {
    if (frame.value("type", "") != "chat" || frame.value("sender", "") == "R") return;
    for (const auto& [target, text] : std::vector<std::pair<std::string, std::string>>{
             {"X", "for X"}, {"S", "for S"}, {"all", "for all"}}) {
      static_cast<void>(replier.send({{"type", "chat"}, {"target", target}, {"payload", text}}));
    }
  });
  REQUIRE(replier.connect().has_value());
  CliRun run(on(bus));
  CHECK(run({"send", "--name", "S", "--target", "R", "--wait-seconds", "1", "question"}) == 0);
  CHECK(run.out() == "R: for S\nR: for all\n");
  CHECK(run.err().empty());
}

TEST_CASE("a lock is held while its command runs and given back after it", "[cli][lock]") {
  const Bus bus;
  const auto observer = bus.join("observer");
  CliRun run(on(bus));
  CHECK(run({"lock", "L", "--name", "A", "--", "sh", "-c", "exit 7"}) == 7);
  CHECK_FALSE(is_claimed(*observer, "L"));
  CHECK(run({"lock", "L", "--name", "A", "--", "/no/such/program"}) == 127);
  CHECK_THAT(run.err(), Contains("/no/such/program"));
  CHECK_FALSE(is_claimed(*observer, "L"));
  CHECK(run({"lock", "L", "--name", "A", "--", "sh", "-c", "kill -9 $$"}) == 128 + SIGKILL);
}

TEST_CASE("locks of one terminal take turns, also beside an agent that has its name",
          "[cli][lock]") {
  const Bus bus;
  const auto observer = bus.join("observer");
  for (const auto& [identity, name] :
       std::vector<std::pair<std::string, std::string>>{{"", "USER"}, {"shop/a", "shop/a"}}) {
    const auto agent = bus.join(name);
    auto variables = on(bus);
    variables["SYN_IDENTITY"] = identity;
    CliRun run(variables);
    CHECK(run({"lock", "L", "--", "sh", "-c", "exit 7"}) == 7);
    REQUIRE(agent->claim(claim_of("L"))->granted);
    CHECK(run({"lock", "L", "--wait-timeout", "0", "--", "true"}) == 1);
    CHECK_THAT(run.out(), Contains("Could not acquire lock 'L'") && Contains(name));
    REQUIRE(agent->release("L")->granted);
  }
}

TEST_CASE("a lock passes on signals but for the terminal's, which its command has had",
          "[cli][lock]") {
  using synapse::cli::Signal;
  const Bus bus;
  const auto observer = bus.join("observer");
  const synapse::test::TempDir folder;
  const std::string sign = (folder.path() / "runs").string();
  CliRun run(on(bus));
  auto code = std::async(std::launch::async, [&run, &sign] {
    return run(
        {"lock", "L", "--name", "A", "--", "sh", "-c", "touch " + sign + "; exec sleep 1000"});
  });
  REQUIRE(synapse::test::eventually(synapse::test::patience,
                                    [&] { return std::filesystem::exists(sign); }));
  CHECK(is_claimed(*observer, "L"));
  run.signals.send({SIGINT, Signal::Origin::terminal});
  CHECK(code.wait_for(std::chrono::milliseconds(100)) == std::future_status::timeout);
  run.signals.send({SIGTERM, Signal::Origin::process});
  CHECK(code.get() == 128 + SIGTERM);
  CHECK_FALSE(is_claimed(*observer, "L"));
}

TEST_CASE("a signal ends the wait for a lock", "[cli][lock]") {
  const Bus bus;
  const auto holder = bus.join("H");
  REQUIRE(holder->claim(claim_of("L"))->granted);
  CliRun run(on(bus));
  auto code = std::async(std::launch::async, [&run] {
    return run({"lock", "L", "--name", "A", "--wait-timeout", "1000", "--", "true"});
  });
  REQUIRE(synapse::test::comes_online(*holder, "A"));
  run.signals.send({SIGINT, synapse::cli::Signal::Origin::process});
  CHECK(code.get() == 128 + SIGINT);
}
