// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/clock.hpp"

#include <limits>

#include "support/catch.hpp"
#include "support/manual_clock.hpp"

namespace {

using namespace std::chrono_literals;
using synapse::Mono;
using synapse::base::from_seconds;
using synapse::base::to_seconds;

constexpr double infinity = std::numeric_limits<double>::infinity();

}  // namespace

TEST_CASE("seconds become monotonic time and come back", "[base][clock]") {
  CHECK(from_seconds(0) == 0ns);
  CHECK(from_seconds(1.5) == 1500ms);
  CHECK(from_seconds(-0.25) == -250ms);
  CHECK(to_seconds(2500ms) == 2.5);
  CHECK(to_seconds(from_seconds(86400.125)) == 86400.125);
}

TEST_CASE("seconds beyond what fits saturate and what is no number is none", "[base][clock]") {
  CHECK(from_seconds(1e300) == from_seconds(infinity));
  CHECK(from_seconds(-1e300) == from_seconds(-infinity));
  CHECK(from_seconds(infinity) > std::chrono::hours(24 * 365 * 200));
  CHECK(from_seconds(-infinity) == -from_seconds(infinity));
  CHECK(from_seconds(std::numeric_limits<double>::quiet_NaN()) == 0ns);
  // The longest duration can still be added to the time of a machine that has been up for years.
  CHECK(from_seconds(infinity) < Mono::max() - std::chrono::hours(24 * 365 * 5));
}

TEST_CASE("the system's clock reads a date of this century and never goes back", "[base][clock]") {
  const synapse::base::SystemClock clock;
  const synapse::Moment first = clock.now();
  const synapse::Moment second = clock.now();
  CHECK(first.wall > 1.7e9);
  CHECK(first.wall < 4.1e9);
  CHECK(second.mono >= first.mono);
}

TEST_CASE("the manual clock moves both readings, or the wall one alone", "[base][clock]") {
  synapse::test::ManualClock clock({100, 5s});
  clock.advance(1.25);
  CHECK(clock.now().wall == 101.25);
  CHECK(clock.now().mono == 6250ms);
  clock.step_wall(-50);
  CHECK(clock.now().wall == 51.25);
  CHECK(clock.now().mono == 6250ms);
}
