// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/alarm_clock.hpp"

#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace synapse::base {

AlarmClock::AlarmClock() : timer_(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
  if (!timer_.is_open()) throw std::system_error(errno, std::generic_category(), "timerfd_create");
}

void AlarmClock::set(std::chrono::milliseconds after) {
  using std::chrono::milliseconds;
  constexpr milliseconds longest = std::chrono::hours(24 * 365);
  // Nothing at all would switch it off.
  const std::chrono::nanoseconds left =
      after > milliseconds(0) ? std::min(after, longest) : std::chrono::nanoseconds(1);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
  itimerspec setting{};
  setting.it_value.tv_sec = seconds.count();
  setting.it_value.tv_nsec = (left - seconds).count();
  if (timerfd_settime(timer_.number(), 0, &setting, nullptr) != 0) {
    throw std::system_error(errno, std::generic_category(), "timerfd_settime");
  }
}

}  // namespace synapse::base
