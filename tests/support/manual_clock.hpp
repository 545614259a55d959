// SPDX-License-Identifier: AGPL-3.0-or-later
// A clock that a test moves by hand. Its two readings move together, or the wall one alone, as when
// somebody sets the system's clock. Not thread-safe.
#pragma once

#include "base/clock.hpp"

namespace synapse::test {

class ManualClock final : public base::Clock {
 public:
  explicit ManualClock(base::Moment start = {1'700'000'000, std::chrono::hours(1)}) : now_(start) {}

  [[nodiscard]] base::Moment now() const override { return now_; }

  // Quarters of a second are exact in both readings.
  void advance(double seconds) {
    now_.wall += seconds;
    now_.mono += base::from_seconds(seconds);
  }
  void step_wall(double seconds) { now_.wall += seconds; }

 private:
  base::Moment now_;
};

}  // namespace synapse::test
