// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/signals.hpp"

#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <future>

#include "support/catch.hpp"
#include "support/deadline.hpp"

using namespace synapse::base;

namespace {

bool waits(const SignalWatch& watch) {
  pollfd event{watch.descriptor(), POLLIN, 0};
  return poll(&event, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a watched signal waits until it is taken", "[base][signals]") {
  ProcessSignals signals;
  const auto watch = signals.watch({SIGTERM});
  CHECK_FALSE(waits(*watch));
  CHECK_FALSE(watch->take());
  kill(getpid(), SIGTERM);
  CHECK(waits(*watch));
  const auto signal = watch->take();
  REQUIRE(signal);
  CHECK(signal->number == SIGTERM);
  CHECK(signal->origin == Signal::Origin::process);
  CHECK_FALSE(waits(*watch));
}

TEST_CASE("a hang-up that is ignored stays ignored", "[base][signals]") {
  const auto before = std::signal(SIGHUP, SIG_IGN);
  ProcessSignals signals;
  const auto watch = signals.watch({SIGHUP, SIGTERM});
  kill(getpid(), SIGHUP);
  CHECK_FALSE(waits(*watch));
  std::signal(SIGHUP, before);
}

TEST_CASE("a signal is answered on another thread, once", "[base][signals]") {
  ProcessSignals signals;
  const auto watch = signals.watch({SIGTERM});
  std::promise<void> answered;
  OnSignal on_signal(*watch, [&answered] { answered.set_value(); });
  kill(getpid(), SIGTERM);
  REQUIRE(answered.get_future().wait_for(synapse::test::patience) == std::future_status::ready);
  const auto signal = on_signal.end();
  REQUIRE(signal);
  CHECK(signal->number == SIGTERM);
}

TEST_CASE("listening for a signal ends without one", "[base][signals]") {
  ProcessSignals signals;
  const auto watch = signals.watch({SIGTERM});
  bool answered = false;
  OnSignal on_signal(*watch, [&answered] { answered = true; });
  CHECK_FALSE(on_signal.end());
  CHECK_FALSE(answered);
  SECTION("and leaves later ones in the watch") {
    kill(getpid(), SIGTERM);
    CHECK(watch->take());
  }
}

TEST_CASE("a signal cuts a sleep short", "[base][signals]") {
  ProcessSignals signals;
  const auto watch = signals.watch({SIGTERM});
  CHECK_FALSE(sleep_unless_signalled(*watch, std::chrono::milliseconds(1)));
  kill(getpid(), SIGTERM);
  CHECK(sleep_unless_signalled(*watch, std::chrono::hours(1)));
  CHECK(watch->take());
}
