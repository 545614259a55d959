// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/time_text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <ctime>

namespace synapse::base {

namespace {

constexpr double wall_max = 253'402'300'799;  // The last second of the year 9999.

std::string formatted(const std::tm& time, const char* format) {
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &time)};
}

std::tm local_time(double wall) {
  const auto seconds = static_cast<std::time_t>(std::clamp(wall, 0.0, wall_max));
  std::tm time{};
  localtime_r(&seconds, &time);
  return time;
}

std::string two_units(std::int64_t seconds, std::int64_t unit, const char* name, std::int64_t part,
                      const char* part_name) {
  std::string text = std::to_string(seconds / unit) + " " + name;
  const std::int64_t rest = seconds % unit / part;
  if (rest != 0) text += " " + std::to_string(rest) + " " + part_name;
  return text;
}

}  // namespace

std::string time_of_day(double wall, double now) {
  const std::tm time = local_time(wall);
  const bool is_today = formatted(time, "%F") == formatted(local_time(now), "%F");
  return formatted(time, is_today ? "%H:%M" : "%F %H:%M");
}

std::string span_of(double seconds) {
  constexpr std::int64_t minute = 60;
  constexpr std::int64_t hour = 60 * minute;
  constexpr std::int64_t day = 24 * hour;
  if (std::isnan(seconds)) return "0 s";
  const auto whole = static_cast<std::int64_t>(std::clamp(seconds, 0.0, wall_max));
  if (whole < 2 * minute) return std::to_string(whole) + " s";
  if (whole < hour) return std::to_string(whole / minute) + " min";
  if (whole < day) return two_units(whole, hour, "h", minute, "min");
  return two_units(whole, day, "d", hour, "h");
}

}  // namespace synapse::base
