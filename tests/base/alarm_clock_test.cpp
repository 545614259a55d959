// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/alarm_clock.hpp"

#include <poll.h>

#include "support/catch.hpp"
#include "support/deadline.hpp"

using synapse::base::AlarmClock;

namespace {

bool rings(const AlarmClock& alarm, int timeout_ms) {
  pollfd event{alarm.descriptor(), POLLIN, 0};
  return poll(&event, 1, timeout_ms) == 1;
}

}  // namespace

TEST_CASE("an alarm rings after its time, at once if that has passed, and not before it is set",
          "[base][alarm]") {
  AlarmClock alarm;
  CHECK_FALSE(rings(alarm, 0));
  alarm.set(std::chrono::milliseconds(0));
  CHECK(rings(alarm, synapse::test::Deadline(synapse::test::patience).poll_ms()));
  alarm.set(std::chrono::milliseconds::max());
  CHECK_FALSE(rings(alarm, 0));
  alarm.set(std::chrono::milliseconds(-5));
  CHECK(rings(alarm, synapse::test::Deadline(synapse::test::patience).poll_ms()));
}
