// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/past/past_time.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <ctime>

#include "base/strings.hpp"
#include "cli/args/quantity.hpp"

namespace synapse::cli {

namespace {

constexpr std::time_t day = 86'400;

Error no_time(std::string_view text) {
  return fail(ErrorCode::bad_argument,
              "'" + std::string(text) +
                  "' is no time: write 14:03, -10m, 2026-11-30T14:03, seconds since 1970, or the "
                  "number of an event");
}

// The rest behind what the format takes; null: it does not.
const char* read_fields(const std::string& text, const char* format, std::tm& fields) {
  fields = {};
  fields.tm_isdst = -1;
  return strptime(text.c_str(), format, &fields);
}

// The fraction of a second and the zone behind an ISO time; nothing: it is something else.
std::optional<double> finish_iso(std::string_view rest, std::tm fields) {
  double fraction = 0;
  if (!rest.empty() && rest.front() == '.') {
    const std::size_t end = std::min(rest.find_first_not_of("0123456789", 1), rest.size());
    std::from_chars(rest.data(), rest.data() + end, fraction);
    rest.remove_prefix(end);
  }
  if (rest.empty()) {
    const std::time_t local = std::mktime(&fields);
    return static_cast<double>(local) + fraction;
  }
  const auto utc = static_cast<double>(timegm(&fields)) + fraction;
  if (rest == "Z" || rest == "z") return utc;
  // +01:00, +0100 or +01.
  if (rest.front() != '+' && rest.front() != '-') return std::nullopt;
  std::string zone(rest.substr(1));
  std::erase(zone, ':');
  if ((zone.size() != 2 && zone.size() != 4) ||
      zone.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  const int number = std::stoi(zone);
  const int minutes = zone.size() == 2 ? number * 60 : number / 100 * 60 + number % 100;
  return rest.front() == '+' ? utc - minutes * 60 : utc + minutes * 60;
}

std::optional<double> read_date(const std::string& text) {
  constexpr std::array formats = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
                                  "%Y-%m-%d %H:%M", "%Y-%m-%d"};
  for (const char* format : formats) {
    std::tm fields{};
    const char* rest = read_fields(text, format, fields);
    if (rest == nullptr) continue;
    if (const auto moment = finish_iso(rest, fields)) return moment;
  }
  return std::nullopt;
}

std::optional<double> read_time_of_day(const std::string& text, double now) {
  std::tm fields{};
  const char* rest = read_fields(text, "%H:%M:%S", fields);
  if (rest == nullptr || *rest != '\0') rest = read_fields(text, "%H:%M", fields);
  if (rest == nullptr || *rest != '\0') return std::nullopt;
  const auto seconds = static_cast<std::time_t>(now);
  std::tm today{};
  localtime_r(&seconds, &today);
  today.tm_hour = fields.tm_hour;
  today.tm_min = fields.tm_min;
  today.tm_sec = fields.tm_sec;
  today.tm_isdst = -1;
  std::time_t moment = std::mktime(&today);
  if (moment > seconds) moment -= day;
  return static_cast<double>(moment);
}

}  // namespace

Result<past::When> parse_past_time(std::string_view given, double now) {
  const std::string text = base::trimmed(given);
  if (text.empty()) return no_time(given);
  if (text == "now") return past::When{now, std::nullopt};
  if (text.front() == '-') {
    const Result<double> ago = parse_duration(std::string_view(text).substr(1));
    if (!ago) return no_time(given);
    return past::When{now - *ago, std::nullopt};
  }
  double number = 0;
  const char* end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, number);
      read.ec == std::errc() && read.ptr == end) {
    if (!std::isfinite(number) || number < 0 || number > past::last_second) return no_time(given);
    return past::moment_of(number, now);
  }
  if (const auto moment = read_time_of_day(text, now)) return past::When{*moment, std::nullopt};
  if (const auto moment = read_date(text)) return past::When{*moment, std::nullopt};
  return no_time(given);
}

std::string date_and_time(double wall) {
  const auto seconds = static_cast<std::time_t>(wall);
  std::tm fields{};
  localtime_r(&seconds, &fields);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &fields);
  return {text.data(), length};
}

}  // namespace synapse::cli
