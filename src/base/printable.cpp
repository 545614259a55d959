// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/printable_table.hpp"
#include "base/utf8.hpp"

namespace synapse::base {

namespace {

bool is_unprintable(char32_t point) {
  const auto* range = std::lower_bound(
      unprintable_ranges.begin(), unprintable_ranges.end(), point,
      [](const PointRange& known, char32_t wanted) { return known.last < wanted; });
  return range != unprintable_ranges.end() && range->first <= point;
}

}  // namespace

bool has_unprintable(std::string_view utf8) {
  const auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
  utf8.remove_prefix(static_cast<std::size_t>(std::find_if_not(utf8.begin(), utf8.end(), is_plain) -
                                              utf8.begin()));
  while (!utf8.empty()) {
    const Utf8Point one = first_point(utf8);
    if (one.length == 0 || is_unprintable(one.point)) return true;
    utf8.remove_prefix(one.length);
  }
  return false;
}

std::string escape_unprintable(std::string_view utf8) {
  std::string escaped;
  while (!utf8.empty()) {
    const Utf8Point one = first_point(utf8);
    const std::size_t length = one.length == 0 ? 1 : one.length;
    if (one.length != 0 && !is_unprintable(one.point)) {
      escaped += utf8.substr(0, length);
    } else {
      const char32_t point = one.length == 0 ? static_cast<unsigned char>(utf8.front()) : one.point;
      std::array<char, 16> code{};
      std::snprintf(code.data(), code.size(), "\\u{%x}", static_cast<unsigned>(point));
      escaped += code.data();
    }
    utf8.remove_prefix(length);
  }
  return escaped;
}

}  // namespace synapse::base
