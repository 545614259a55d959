// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/columns.hpp"

#include <algorithm>
#include <array>

#include "base/utf8.hpp"

namespace synapse::cli {

namespace {

struct PointRange {
  char32_t first;
  char32_t last;
};

// Source: Unicode 15, EastAsianWidth.txt, W and F, in coarse blocks.
constexpr auto wide_ranges = std::to_array<PointRange>({{0x1100, 0x115F},
                                                        {0x2E80, 0x303E},
                                                        {0x3041, 0xA4CF},
                                                        {0xA960, 0xA97F},
                                                        {0xAC00, 0xD7A3},
                                                        {0xF900, 0xFAFF},
                                                        {0xFE30, 0xFE6F},
                                                        {0xFF00, 0xFF60},
                                                        {0xFFE0, 0xFFE6},
                                                        {0x1F300, 0x1F64F},
                                                        {0x1F680, 0x1F6FF},
                                                        {0x1F900, 0x1FAFF},
                                                        {0x20000, 0x3FFFD}});
// The same, general category Mn and Me of the commonest scripts, and what has no width.
constexpr auto flat_ranges = std::to_array<PointRange>({{0x0300, 0x036F},
                                                        {0x0483, 0x0489},
                                                        {0x0591, 0x05BD},
                                                        {0x064B, 0x065F},
                                                        {0x0E31, 0x0E31},
                                                        {0x0E34, 0x0E3A},
                                                        {0x200B, 0x200F},
                                                        {0x20D0, 0x20F0},
                                                        {0xFE00, 0xFE0F},
                                                        {0xFE20, 0xFE2F}});

template <std::size_t count>
bool is_among(char32_t point, const std::array<PointRange, count>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [point](const PointRange& range) {
    return point >= range.first && point <= range.last;
  });
}

std::size_t cells_of(char32_t point) {
  if (point < 0x300) return 1;
  if (is_among(point, flat_ranges)) return 0;
  return is_among(point, wide_ranges) ? 2 : 1;
}

// The longest beginning that has at most so many cells, in bytes; `cells` becomes how many it has.
std::size_t beginning_of_width(std::string_view text, std::size_t width, std::size_t& cells) {
  std::size_t at = 0;
  cells = 0;
  while (at < text.size()) {
    const base::Utf8Point next = base::first_point(text.substr(at));
    const std::size_t wide = next.length == 0 ? 1 : cells_of(next.point);
    if (cells + wide > width) break;
    cells += wide;
    at += std::max<std::size_t>(next.length, 1);
  }
  return at;
}

}  // namespace

std::size_t width_of(std::string_view text) {
  std::size_t cells = 0;
  static_cast<void>(beginning_of_width(text, SIZE_MAX / 2, cells));
  return cells;
}

std::string fitted(std::string_view text, std::size_t width) {
  std::size_t cells = 0;
  std::size_t end = beginning_of_width(text, width, cells);
  if (end == text.size()) return std::string(text) + std::string(width - cells, ' ');
  if (width == 0) return "";
  end = beginning_of_width(text, width - 1, cells);
  return std::string(text.substr(0, end)) + "…" + std::string(width - 1 - cells, ' ');
}

std::string fitted_end(std::string_view text, std::size_t width) {
  if (width_of(text) <= width || width == 0) return fitted(text, width);
  while (!text.empty() && width_of(text) > width - 1) {
    text.remove_prefix(std::max<std::size_t>(base::first_point(text).length, 1));
  }
  return fitted("…" + std::string(text), width);
}

}  // namespace synapse::cli
