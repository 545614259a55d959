// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/clock.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>

namespace synapse::base {

Moment SystemClock::now() const {
  const auto wall = std::chrono::system_clock::now().time_since_epoch();
  timespec since_boot{};
  clock_gettime(CLOCK_BOOTTIME, &since_boot);
  // Microseconds: what a double can hold of today's dates, and all that a reader can use.
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(wall).count();
  return {static_cast<double>(micros) / 1e6,
          std::chrono::seconds(since_boot.tv_sec) + Mono(since_boot.tv_nsec)};
}

Mono from_seconds(double seconds) {
  constexpr double limit = 9.0e9;  // About 285 years: far past any lease, well inside 64 bits.
  if (std::isnan(seconds)) return Mono(0);
  return Mono(static_cast<Mono::rep>(std::clamp(seconds, -limit, limit) * 1e9));
}

double to_seconds(Mono duration) { return static_cast<double>(duration.count()) / 1e9; }

}  // namespace synapse::base
