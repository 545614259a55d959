// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/header_text.hpp"

#include <cstdint>

#include "base/strings.hpp"
#include "base/utf8.hpp"

namespace synapse::mcp {

namespace {

constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::optional<std::string> from_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int pads = 0; pads < 2 && text.ends_with('='); ++pads) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = base64_digits.find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
  }
  return bytes;
}

}  // namespace

std::optional<std::string> header_text(std::string_view value) {
  constexpr std::string_view start = "=?base64?";
  constexpr std::string_view end = "?=";
  value = base::trim(value);
  const bool is_encoded = value.size() >= start.size() + end.size() &&
                          base::to_lower(value.substr(0, start.size())) == start &&
                          value.ends_with(end);
  if (!is_encoded) return std::string(value);
  value.remove_prefix(start.size());
  value.remove_suffix(end.size());
  std::optional<std::string> text = from_base64(value);
  if (text && !base::is_valid_utf8(*text)) return std::nullopt;
  return text;
}

}  // namespace synapse::mcp
