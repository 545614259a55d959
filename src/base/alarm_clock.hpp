// SPDX-License-Identifier: AGPL-3.0-or-later
// A deadline to poll() for, on the clock that leases run on (CLOCK_BOOTTIME): poll()'s own time
// stands still while a laptop sleeps, and would wake a holder late by as much as it slept.
#pragma once

#include <chrono>

#include "base/descriptor.hpp"

namespace synapse::base {

class AlarmClock {
 public:
  AlarmClock();

  // Rings once, after the duration; before, the last setting is forgotten.
  void set(std::chrono::milliseconds after);
  // Readable once it has rung, until it is set again.
  [[nodiscard]] int descriptor() const { return timer_.number(); }

 private:
  Descriptor timer_;
};

}  // namespace synapse::base
