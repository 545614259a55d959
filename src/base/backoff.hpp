// SPDX-License-Identifier: AGPL-3.0-or-later
// Delays between tries of something that failed: doubling from the first to the last, each with a
// random part so that a thousand clients of one restarted hub don't come back at the same instant.
// The caller supplies the randomness.
#pragma once

#include <chrono>

namespace synapse::base {

class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds last);

  // The next delay, between half of the current step and all of it; `random` is uniform in [0, 1).
  [[nodiscard]] std::chrono::milliseconds next(double random);
  // After a success.
  void reset();

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds last_;
  std::chrono::milliseconds step_;
};

}  // namespace synapse::base
