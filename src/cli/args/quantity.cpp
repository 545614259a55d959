// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/quantity.hpp"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "base/strings.hpp"

namespace synapse::cli {

namespace {

constexpr double longest_seconds = 1000.0 * 365 * 86'400;
constexpr double largest_bytes = 1e18;

// The number in front, in decimal, and what stands behind it.
std::optional<double> take_number(std::string_view& text) {
  double number = 0;
  const auto [end, failed] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failed != std::errc() || !std::isfinite(number) || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

std::optional<double> seconds_of(std::string_view unit) {
  if (unit.empty() || unit == "s") return 1;
  if (unit == "m") return 60;
  if (unit == "h") return 3600;
  if (unit == "d") return 86'400;
  if (unit == "w") return 7 * 86'400;
  return std::nullopt;
}

std::optional<double> bytes_of(std::string unit) {
  unit = base::to_lower(unit);
  if (!unit.empty() && unit.back() == 'b') unit.pop_back();
  if (unit.empty()) return 1;
  if (unit == "k") return 0x1p10;
  if (unit == "m") return 0x1p20;
  if (unit == "g") return 0x1p30;
  if (unit == "t") return 0x1p40;
  return std::nullopt;
}

}  // namespace

Result<double> parse_duration(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  const std::optional<double> unit = number ? seconds_of(rest) : std::nullopt;
  if (unit && *number * *unit <= longest_seconds) return *number * *unit;
  return fail(ErrorCode::bad_argument,
              "'" + std::string(text) + "' is no duration; write it as 90s, 30m, 12h or 7d");
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const std::optional<double> number = take_number(rest);
  const std::optional<double> unit = number ? bytes_of(std::string(rest)) : std::nullopt;
  const double bytes = unit ? *number * *unit : 0;
  if (bytes >= 1 && bytes <= largest_bytes) return static_cast<std::uint64_t>(bytes);
  return fail(ErrorCode::bad_argument,
              "'" + std::string(text) + "' is no size; write it as 500K, 200M or 1G");
}

}  // namespace synapse::cli
