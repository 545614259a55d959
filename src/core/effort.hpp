// SPDX-License-Identifier: AGPL-3.0-or-later
// What an entry costs, counted in steps of about a nanosecond each as work is done: comparisons,
// places visited. Counted rather than measured, so that every hub that runs the same entries stops
// at the same place, and tests can ask for it.
//
// A search takes its steps and ends when they are spent. What it has found by then is not all, so
// its caller must refuse or come again, and never go by it.
#pragma once

#include <cstddef>

namespace synapse::core {

class Effort {
 public:
  explicit Effort(std::size_t steps_max) : steps_max_(steps_max) {}

  void take(std::size_t steps) { used_ += steps; }
  [[nodiscard]] bool is_spent() const { return used_ > steps_max_; }
  [[nodiscard]] std::size_t used() const { return used_; }

  // What a look into a table of pointers costs, in the cache or not.
  static constexpr std::size_t visit = 50;

 private:
  std::size_t steps_max_;
  std::size_t used_ = 0;
};

}  // namespace synapse::core
