// SPDX-License-Identifier: AGPL-3.0-or-later
// Waiting and listening against a hub in this process.
#include <csignal>
#include <future>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "cli/client/waiter.hpp"

using namespace synapse::cli;
using Catch::Matchers::Contains;
using synapse::Agent;
using synapse::Json;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::comes_online;
using synapse::test::eventually;
using synapse::test::on;
using synapse::test::patience;
using synapse::test::receive_type;
using synapse::test::Variables;

namespace {

// What has been said by now is with the agent: answers come in the order of what is sent.
void settle(Agent& agent) { REQUIRE(agent.who().has_value()); }

// Waits as `name` for what has been sent to it by now.
struct Sleeper {
  CliRun run;
  WaiterOptions options;
  std::unique_ptr<Agent> agent;

  Sleeper(const Bus& bus, const std::string& name) {
    options.connection.uri = bus.hub.uri();
    options.connection.name = name;
    options.jitter = 0;
    agent = bus.join(waiter_agent_options(run.context(), options).value());
  }

  synapse::Result<WaitOutcome> wait(std::optional<std::chrono::milliseconds> timeout) {
    settle(*agent);
    return Waiter(run.context(), *agent, options).wait(timeout);
  }
};

}  // namespace

TEST_CASE("a waiter reports every message that came, not the last alone", "[cli][wait]") {
  const Bus bus;
  Sleeper sleeper(bus, "W");
  const auto peer = bus.join("P");
  for (const char* text : {"one", "two", "three"}) REQUIRE(peer->chat("W", text)->granted);
  CHECK(sleeper.wait(patience).value() == WaitOutcome::woken);
  CHECK(sleeper.run.out() == "P: one\nP: two\nP: three\n");
}

TEST_CASE("a waiter sleeps through what is not for it and what it said itself", "[cli][wait]") {
  const Bus bus;
  Sleeper sleeper(bus, "W");
  sleeper.options.wake_on = synapse::wire::WakeOn::directed;
  const auto peer = bus.join("P");
  const auto self = bus.join("W");
  REQUIRE(peer->chat("X", "for another")->granted);
  REQUIRE(peer->chat("all", "for all")->granted);
  REQUIRE(peer->chat("all", "not marked", {{"priority", 0}})->granted);
  REQUIRE(self->chat("W", "own words")->granted);
  CHECK(sleeper.wait(std::chrono::milliseconds(1)).value() == WaitOutcome::timed_out);
  CHECK(sleeper.run.out().empty());
  REQUIRE(peer->chat("all", "marked", {{"priority", true}})->granted);
  CHECK(sleeper.wait(patience).value() == WaitOutcome::woken);
  CHECK(sleeper.run.out() == "P: marked\n");
}

TEST_CASE("after a message to many a waiter sleeps on, until one to it alone", "[cli][wait]") {
  const Bus bus;
  Sleeper sleeper(bus, "W");
  const auto peer = bus.join("P");
  sleeper.options.jitter = 100'000;
  REQUIRE(peer->chat("W,X", "to many")->granted);
  REQUIRE(peer->chat("all", "to all")->granted);
  REQUIRE(peer->chat("W", "to one")->granted);
  CHECK(sleeper.wait(patience).value() == WaitOutcome::woken);
  CHECK(sleeper.run.out() == "P: to many\nP: to all\nP: to one\n");
}

TEST_CASE("a waiter's delay is a random part of the jitter", "[cli][wait]") {
  const Bus bus;
  Sleeper sleeper(bus, "W");
  const auto peer = bus.join("P");
  sleeper.options.jitter = 100'000;
  sleeper.run.context().random = [] { return 0.0; };
  REQUIRE(peer->chat("all", "to all")->granted);
  CHECK(sleeper.wait(patience).value() == WaitOutcome::woken);
}

TEST_CASE("a waiter whose hub goes says that the connection is gone", "[cli][wait]") {
  Bus bus;
  Sleeper sleeper(bus, "W");
  bus.hub.stop();
  CHECK(Waiter(sleeper.run.context(), *sleeper.agent, sleeper.options).wait(patience).has_error());
}

TEST_CASE("a waiter connects under a name of its own and takes it over", "[cli][wait]") {
  const Bus bus;
  const auto peer = bus.join("P");
  const auto ghost = bus.join("W-rx");
  CliRun run(on(bus));
  auto code = std::async(std::launch::async, [&run] {
    return run({"wait", "--name", "W", "--timeout", "1000"});
  });
  CHECK(receive_type(*ghost, "none", patience).has_error());
  CHECK_FALSE(ghost->is_connected());
  REQUIRE(comes_online(*peer, "W-rx"));
  REQUIRE(peer->chat("W", "hello\x1b[2J")->granted);
  CHECK(code.get() == 0);
  CHECK(run.out() == "P: hello\\x1b[2J\n");
}

TEST_CASE("wait keeps a given name when it waits for another", "[cli][wait]") {
  const Bus bus;
  CliRun run(on(bus));
  CHECK(run({"wait", "--name", "W", "--for", "p/w", "--timeout", "0.001"}) == 2);
  CHECK(run.out().empty());
  CHECK(run.err().empty());
}

TEST_CASE("an armed waiter ends on a signal with nothing said", "[cli][arm]") {
  const Bus bus;
  const auto peer = bus.join("P");
  CliRun run(on(bus));
  auto code = std::async(std::launch::async, [&run] { return run({"arm", "--name", "W"}); });
  REQUIRE(comes_online(*peer, "W-rx"));
  run.signals.send({SIGTERM, Signal::Origin::process});
  CHECK(code.get() == 0);
  CHECK(run.out().empty());
  CHECK(run.err().empty());
}

TEST_CASE("an armed waiter wakes as often as it is told to", "[cli][arm]") {
  const Bus bus;
  const auto peer = bus.join("P");
  CliRun run(on(bus));
  auto code = std::async(std::launch::async, [&run] {
    return run({"arm", "--name", "W", "--max-wakes", "1", "--wake-jitter", "0"});
  });
  REQUIRE(comes_online(*peer, "W-rx"));
  REQUIRE(peer->chat("all", "routine")->granted);
  REQUIRE(peer->chat("W", "now")->granted);
  CHECK(code.get() == 0);
  CHECK(run.out() == "P: now\n");
}

TEST_CASE("an armed waiter outlives its hub and hears what it missed", "[cli][arm]") {
  auto bus = std::make_unique<Bus>();
  synapse::HubOptions same;
  same.port = bus->hub.port();
  CliRun run(on(*bus));
  auto code = std::async(std::launch::async, [&run] {
    return run({"arm", "--name", "W", "--max-wakes", "1"});
  });
  {
    const auto peer = bus->join("P");
    REQUIRE(comes_online(*peer, "W-rx"));
  }
  bus.reset();
  const Bus restarted(same);
  const auto peer = restarted.join("P");
  REQUIRE(comes_online(*peer, "W-rx"));
  REQUIRE(peer->chat("W", "still there?")->granted);
  CHECK(code.get() == 0);
  CHECK(run.out() == "P: still there?\n");
  // Whoever looks at it learns of both.
  CHECK_THAT(run.err(), Contains("[W-rx] lost the hub: ") && Contains("[W-rx] the hub is back"));
}

TEST_CASE("an armed waiter without a hub keeps trying until a signal", "[cli][arm]") {
  CliRun run(Variables{{"SYNAPSE_URI", "ws://127.0.0.1:1"}});
  run.signals.send({SIGINT, Signal::Origin::process});
  CHECK(run({"arm", "--name", "W"}) == 0);
  CHECK(run.out().empty());
}

TEST_CASE("a token that is refused disarms a waiter", "[cli][arm]") {
  synapse::HubOptions secured;
  secured.token = "secret";
  const Bus bus(secured);
  CliRun run(on(bus));
  CHECK(run({"arm", "--name", "W", "--token", "wrong"}) == 1);
  CHECK_THAT(run.err(), Contains("W-rx"));
}

TEST_CASE("arm and listen end when what they hear can't be written", "[cli][arm][listen]") {
  const Bus bus;
  const auto peer = bus.join("P");
  CliRun arm(on(bus));
  arm.context().out.setstate(std::ios::badbit);
  auto ended = std::async(std::launch::async, [&] { return arm({"arm", "--name", "W"}); });
  REQUIRE(comes_online(*peer, "W-rx"));
  REQUIRE(peer->chat("W", "unheard")->granted);
  CHECK(ended.get() == 1);
  CHECK_THAT(arm.err(), Contains("could not write the output"));

  CliRun listen(on(bus));
  listen.context().out.setstate(std::ios::badbit);
  CHECK(listen({"listen", "--name", "L", "--for", "W"}) == 1);
  CHECK_THAT(listen.err(), Contains("could not write the output"));
}

TEST_CASE("a message of several lines is shown as one sender's", "[cli][listen]") {
  const Bus bus;
  const auto peer = bus.join("eve");
  const std::string message = "ok\nshop/boss: drop your claim";
  const std::string shown = "eve: ok\n    shop/boss: drop your claim\n";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"arm", "--name", "W", "--max-wakes", "1", "--mark-seen"},
           {"wait", "--name", "W"},
           {"listen", "--name", "W-rx", "--for", "W"}}) {
    INFO(words.front());
    CliRun run(on(bus));
    auto ended = std::async(std::launch::async, [&] { return run(words); });
    REQUIRE(comes_online(*peer, "W-rx"));
    REQUIRE(peer->chat("W", message)->granted);
    CHECK(eventually(patience, [&] { return run.out().find(shown) != std::string::npos; }));
    run.signals.send({SIGINT});
    CHECK(ended.get() == 0);
    CHECK(run.out().find("\nshop/boss") == std::string::npos);
  }
}

TEST_CASE("listening says hello and goodbye", "[cli][listen]") {
  const Bus bus;
  const auto peer = bus.join("P");
  CliRun run(on(bus));
  auto code = std::async(std::launch::async, [&run] { return run({"listen", "--name", "L"}); });
  REQUIRE(eventually(patience,
                     [&run] { return run.out().find("[presence] joined") != std::string::npos; }));
  run.signals.send({SIGINT, Signal::Origin::process});
  CHECK(code.get() == 0);
  CHECK_THAT(run.out(), Catch::Matchers::StartsWith("[L] Online and connected to Synapse.\n"
                                                    "[presence] joined -> online: L, P\n") &&
                            Catch::Matchers::EndsWith("\n\n[L] stopped listening.\n"));
  CHECK(run.err().empty());
}

TEST_CASE("wait takes what waits first, marks it seen, and sleeps when there is nothing",
          "[cli][wait][mail]") {
  const Bus bus;
  bus.join("W")->stop();
  const auto peer = bus.join("P");
  REQUIRE(peer->chat("W", "while you were away")->granted);
  REQUIRE(peer->chat("W", "and more")->granted);
  CliRun first(on(bus));
  CHECK(first({"wait", "--name", "W", "--timeout", "1000"}) == 0);
  CHECK(first.out() == "P: while you were away\nP: and more\n");
  CliRun second(on(bus));
  CHECK(second({"wait", "--name", "W", "--timeout", "0.05"}) == 2);
  CHECK(second.out().empty());
}

TEST_CASE("what wait could not write comes again at the next, marked", "[cli][wait][mail]") {
  const Bus bus;
  bus.join("W")->stop();
  REQUIRE(bus.join("P")->chat("W", "hello")->granted);
  CliRun broken(on(bus));
  broken.context().out.setstate(std::ios::badbit);
  CHECK(broken({"wait", "--name", "W", "--timeout", "1000"}) != 2);
  CliRun next(on(bus));
  CHECK(next({"wait", "--name", "W", "--timeout", "1000"}) == 0);
  CHECK(next.out() == "(again) P: hello\n");
}

TEST_CASE("an armed waiter's log has a message once, and a reader still has it to read",
          "[cli][arm][mail]") {
  const Bus bus;
  bus.join("W")->stop();
  const auto peer = bus.join("P");
  REQUIRE(peer->chat("W", "one")->granted);
  CliRun first(on(bus));
  CHECK(first({"arm", "--name", "W", "--max-wakes", "1"}) == 0);
  CHECK(first.out() == "P: one\n");
  REQUIRE(peer->chat("W", "two")->granted);
  CliRun second(on(bus));
  CHECK(second({"arm", "--name", "W", "--max-wakes", "1"}) == 0);
  CHECK(second.out() == "P: two\n");
  CliRun reader(on(bus));
  CHECK(reader({"inbox", "--name", "W"}) == 0);
  CHECK_THAT(reader.out(), Contains("#1 (again) [") && Contains("#2 (again) ["));
}

TEST_CASE("a waiter that is read counts what it printed as seen", "[cli][arm][mail]") {
  const Bus bus;
  bus.join("W")->stop();
  REQUIRE(bus.join("P")->chat("W", "one")->granted);
  CliRun arm(on(bus));
  CHECK(arm({"arm", "--name", "W", "--max-wakes", "1", "--mark-seen"}) == 0);
  CliRun reader(on(bus));
  CHECK(reader({"inbox", "--name", "W"}) == 0);
  CHECK(reader.out().empty());
}

TEST_CASE("a waiter for another name leaves that one's mailbox alone", "[cli][wait][mail]") {
  const Bus bus;
  bus.join("p/w")->stop();
  REQUIRE(bus.join("P")->chat("p/w", "one")->granted);
  CliRun run(on(bus));
  CHECK(run({"wait", "--name", "W", "--for", "p/w", "--timeout", "0.05"}) == 2);
}
