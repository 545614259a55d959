// SPDX-License-Identifier: AGPL-3.0-or-later
// Deadline: the point in real time at which a test stops waiting for another process.
//
// Used by every test part that waits (child processes, sockets) and by the players. A wait ends as
// soon as its condition holds, so a generous deadline costs a passing test nothing; it only bounds
// how long a broken program can hold the suite up. Tests of code within this process need no
// deadline: they use a manual clock.
#pragma once

#include <poll.h>

#include <algorithm>
#include <chrono>

namespace synapse::test {

// How long a test waits for something that should happen at once. Sanitized builds on a busy
// machine decide this number, not the program's own speed.
inline constexpr std::chrono::milliseconds patience{60000};

class Deadline {
 public:
  // Not explicit: a function that takes a deadline reads best when given a duration.
  template <typename Rep, typename Period>
  Deadline(std::chrono::duration<Rep, Period> from_now)
      : at_(std::chrono::steady_clock::now() + from_now) {}

  [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() >= at_; }

  // What is left, rounded up, as poll(2) takes it: 0 once passed.
  [[nodiscard]] int poll_ms() const {
    const auto left = at_ - std::chrono::steady_clock::now();
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    return static_cast<int>(std::clamp<long long>(ms, 0, 1 << 30));
  }

 private:
  std::chrono::steady_clock::time_point at_;
};

// Whether `condition` came true before the deadline. For conditions that no descriptor announces,
// such as a line in a file: looks again every few milliseconds, and once more at the deadline.
template <typename Condition>
[[nodiscard]] bool eventually(const Deadline& deadline, Condition condition) {
  constexpr int tick_ms = 5;
  while (!condition()) {
    if (deadline.passed()) return condition();
    poll(nullptr, 0, std::min(tick_ms, deadline.poll_ms()));
  }
  return true;
}

}  // namespace synapse::test
