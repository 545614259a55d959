// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/lease_keeper.hpp"

#include <poll.h>
#include <sys/wait.h>

#include <csignal>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/hub_process.hpp"
#include "support/manual_clock.hpp"

using Catch::Matchers::Contains;
using synapse::Agent;
using synapse::cli::Context;
using synapse::cli::LeaseKeeper;
using synapse::test::Bus;
using synapse::test::CliRun;
using synapse::test::patience;
using synapse::test::receive_type;

namespace {

// A's lease L of 300 seconds, kept by a clock of the test's own. Its holder needs five seconds.
struct KeptLease {
  explicit KeptLease(const synapse::AgentOptions& settings)
      : context{run.context().out,     run.context().err,    run.context().environment, clock,
                run.context().signals, run.context().random, run.context().folder},
        agent(settings),
        keeper(context, agent, claim(), std::chrono::seconds(5), [](const synapse::Json&) {}) {
    REQUIRE(agent.connect().has_value());
    const auto granted = agent.claim(claim());
    REQUIRE(granted.has_value());
    REQUIRE(granted->granted);
    keeper.begin(clock.now().mono);
  }

  static synapse::ClaimRequest claim() {
    synapse::ClaimRequest claim;
    claim.task_id = "L";
    claim.no_files = true;
    claim.ttl = 300;
    return claim;
  }

  // Sends what is due and takes what the hub answers to it.
  std::optional<std::string> attend_and_hear() {
    if (auto why = keeper.attend()) return why;
    pollfd bell{keeper.descriptor(), POLLIN, 0};
    REQUIRE(poll(&bell, 1, synapse::test::Deadline(patience).poll_ms()) == 1);
    return keeper.attend();
  }

  CliRun run;
  synapse::test::ManualClock clock;
  Context context;
  Agent agent;
  LeaseKeeper keeper;
};

synapse::AgentOptions settings_at(const synapse::test::HubProcess& hub) {
  synapse::AgentOptions settings;
  settings.uri = hub.uri();
  settings.name = "A";
  return settings;
}

}  // namespace

TEST_CASE("a lease is renewed at a third of its time", "[cli][lease]") {
  const Bus bus;
  auto watching = bus.settings("W");
  watching.broadcast_types = {"lease_renewed"};
  const auto watcher = bus.join(watching);
  KeptLease s(bus.settings("A"));
  CHECK(s.keeper.until_due() == std::chrono::seconds(100));
  s.clock.advance(99);
  CHECK_FALSE(s.keeper.attend());
  REQUIRE(watcher->who().has_value());
  CHECK(receive_type(*watcher, "lease_renewed", std::chrono::milliseconds(0)).has_error());
  s.clock.advance(1);
  CHECK_FALSE(s.attend_and_hear());
  const auto renewed = receive_type(*watcher, "lease_renewed", patience);
  REQUIRE(renewed.has_value());
  CHECK((*renewed)->at("task_id") == "L");
  CHECK(s.keeper.until_due() == std::chrono::seconds(100));
  CHECK_FALSE(s.keeper.is_lost());
}

TEST_CASE("a renewal that the hub has no time for is tried again, and the lease not given up",
          "[cli][lease]") {
  synapse::test::HubOptions slow;
  slow.arguments = {"--rate", "0.001", "--burst", "2"};  // To join, to claim, no more.
  const synapse::test::HubProcess hub(slow);
  KeptLease s(settings_at(hub));
  s.clock.advance(100);
  CHECK_FALSE(s.attend_and_hear());
  CHECK_FALSE(s.keeper.is_lost());
  CHECK(s.keeper.until_due() < std::chrono::seconds(10));
  s.clock.advance(195);
  CHECK(s.keeper.attend());
  CHECK(s.keeper.is_lost());
}

TEST_CASE("a hub that says nothing keeps nobody waiting, and the lease is lost in good time",
          "[cli][lease]") {
  synapse::test::HubProcess hub;
  KeptLease s(settings_at(hub));
  hub.process().send_signal(SIGSTOP);
  int status = 0;  // The signal takes a moment to reach all threads.
  REQUIRE(waitpid(hub.process().pid(), &status, WUNTRACED) == hub.process().pid());
  REQUIRE(WIFSTOPPED(status));
  s.clock.advance(100);
  CHECK_FALSE(s.keeper.attend());
  CHECK(s.keeper.until_due() == std::chrono::seconds(195));
  s.clock.advance(194);
  CHECK_FALSE(s.keeper.attend());
  CHECK(s.keeper.until_due() == std::chrono::seconds(1));
  s.clock.advance(1);
  const auto why = s.keeper.attend();
  REQUIRE(why);
  CHECK_THAT(*why, Contains("could not be renewed in time"));
  CHECK_FALSE(s.keeper.attend());
  s.agent.stop();
  hub.process().send_signal(SIGCONT);
}

TEST_CASE("an answer that came late extends a lease from when it was asked for", "[cli][lease]") {
  const Bus bus;
  KeptLease s(bus.settings("A"));
  s.clock.advance(100);
  CHECK_FALSE(s.keeper.attend());
  pollfd bell{s.keeper.descriptor(), POLLIN, 0};
  REQUIRE(poll(&bell, 1, synapse::test::Deadline(patience).poll_ms()) == 1);
  s.clock.advance(90);
  CHECK_FALSE(s.keeper.attend());
  CHECK(s.keeper.until_due() == std::chrono::seconds(10));
}

TEST_CASE("a lease that the hub has forgotten is known to be lost", "[cli][lease]") {
  auto bus = std::make_unique<Bus>();
  synapse::HubOptions same;
  same.port = bus->hub.port();
  auto settings = bus->settings("A");
  settings.reconnect = synapse::AgentOptions::Reconnect::always;
  KeptLease s(settings);
  bus.reset();
  const Bus restarted(same);
  std::optional<std::string> why;
  REQUIRE(synapse::test::eventually(patience, [&] {
    why = s.keeper.attend();
    return why.has_value();
  }));
  CHECK_FALSE(why->empty());
  CHECK(s.keeper.is_lost());
  CHECK_FALSE(s.keeper.attend());
}
