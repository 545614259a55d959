// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/control.hpp"

#include <array>
#include <cstdio>

#include "base/utf8.hpp"

namespace synapse::base {

namespace {

bool is_within(char32_t c, char32_t first, char32_t last) { return c >= first && c <= last; }

bool is_control(char32_t c) {
  if (c < 0x20 || is_within(c, 0x7F, 0x9F)) return true;
  if (c < 0x61C) return false;
  const bool breaks_lines = c == 0x2028 || c == 0x2029;
  const bool turns_text = c == 0x61C || c == 0x200E || c == 0x200F ||
                          is_within(c, 0x202A, 0x202E) || is_within(c, 0x2066, 0x2069);
  // Not the joiners, which scripts and emoji need.
  const bool hides =
      c == 0x200B || c == 0xFEFF || is_within(c, 0x2060, 0x2064) || is_within(c, 0xE0000, 0xE007F);
  return breaks_lines || turns_text || hides;
}

}  // namespace

bool has_control(std::string_view utf8) {
  for (const char32_t c : code_points(utf8)) {
    if (is_control(c)) return true;
  }
  return false;
}

std::string escape_control(std::string_view utf8, LineBreaks breaks) {
  std::string escaped;
  escaped.reserve(utf8.size());
  while (!utf8.empty()) {
    const Utf8Point one = first_point(utf8);
    const std::size_t length = one.length == 0 ? 1 : one.length;
    const char32_t point = one.length == 0 ? static_cast<unsigned char>(utf8.front()) : one.point;
    const bool kept_break = breaks == LineBreaks::keep && (point == U'\n' || point == U'\t');
    if (one.length != 0 && (!is_control(point) || kept_break)) {
      escaped += utf8.substr(0, length);
    } else {
      std::array<char, 16> code{};
      const char* const form = point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x";
      std::snprintf(code.data(), code.size(), form, static_cast<unsigned>(point));
      escaped += code.data();
    }
    utf8.remove_prefix(length);
  }
  return escaped;
}

}  // namespace synapse::base
