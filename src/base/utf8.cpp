// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/utf8.hpp"

namespace synapse::base {

Utf8Point first_point(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto tail = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xC2) return {0, 0};
  if (lead < 0xE0) {
    if (!tail(1)) return {0, 0};
    return {((lead & 0x1FU) << 6U) | (byte(1) & 0x3FU), 2};
  }
  if (lead < 0xF0) {
    if (!tail(1) || !tail(2)) return {0, 0};
    const char32_t point = ((lead & 0xFU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
    if (point < 0x800 || (point >= 0xD800 && point <= 0xDFFF)) return {0, 0};
    return {point, 3};
  }
  if (lead > 0xF4 || !tail(1) || !tail(2) || !tail(3)) return {0, 0};
  const char32_t point = ((lead & 0x7U) << 18U) | ((byte(1) & 0x3FU) << 12U) |
                         ((byte(2) & 0x3FU) << 6U) | (byte(3) & 0x3FU);
  if (point < 0x10000 || point > 0x10FFFF) return {0, 0};
  return {point, 4};
}

bool is_valid_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const Utf8Point one = first_point(bytes);
    if (one.length == 0) return false;
    bytes.remove_prefix(one.length);
  }
  return true;
}

std::u32string code_points(std::string_view utf8) {
  std::u32string points;
  points.reserve(utf8.size());
  while (!utf8.empty()) {
    const Utf8Point one = first_point(utf8);
    points.push_back(one.length == 0 ? U'\uFFFD' : one.point);
    utf8.remove_prefix(one.length == 0 ? 1 : one.length);
  }
  return points;
}

}  // namespace synapse::base
