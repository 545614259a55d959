// SPDX-License-Identifier: AGPL-3.0-or-later
// Time as two readings of one instant. Leases run on the monotonic one, so a step of the wall clock
// neither ends nor extends them; the wall one is for display and for carrying leases over a
// restart. Code that needs the time is handed a Moment; only the outermost code holds a Clock.
#pragma once

#include <chrono>

namespace synapse::base {

using Mono = std::chrono::nanoseconds;  // Since an arbitrary start, never goes back.

struct Moment {
  double wall = 0;  // Seconds since 1970-01-01T00:00:00Z.
  Mono mono{0};
};

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Moment now() const = 0;
};

// The machine's own. The monotonic one, CLOCK_BOOTTIME, goes on while the machine sleeps.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Moment now() const override;
};

// Seconds as the monotonic clock's unit, saturating instead of overflowing.
[[nodiscard]] Mono from_seconds(double seconds);
[[nodiscard]] double to_seconds(Mono duration);

}  // namespace synapse::base

namespace synapse {
using base::Clock;
using base::Moment;
using base::Mono;
}  // namespace synapse
