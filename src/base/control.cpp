// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/control.hpp"

#include <array>
#include <cstdio>

#include "base/utf8.hpp"

namespace synapse::base {

namespace {

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0x200E ||
         c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
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
      std::snprintf(code.data(), code.size(), point < 0x100 ? "\\x%02x" : "\\u%04x",
                    static_cast<unsigned>(point));
      escaped += code.data();
    }
    utf8.remove_prefix(length);
  }
  return escaped;
}

}  // namespace synapse::base
