// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/scope_cover.hpp"

#include <algorithm>

#include "core/glob_doubt.hpp"
#include "core/scope.hpp"

namespace synapse::core {

namespace {

constexpr std::string_view any_segments = "**";
constexpr std::size_t sure_bytes_max = 255;  // Longer segments contend with every pattern.

bool segment_covers(std::string_view outer, std::string_view inner) {
  if (outer == inner) return true;
  if (is_pattern(inner) || !is_pattern(outer)) return outer == "*" && inner != any_segments;
  if (find_doubt(outer)) return false;
  return inner.size() <= sure_bytes_max && segments_meet(outer, inner);
}

}  // namespace

bool path_covers(std::string_view outer, std::string_view inner) {
  while (!outer.empty()) {
    if (outer == inner) return true;
    const std::string_view segment = take_segment(outer);
    if (segment == any_segments) return outer.empty();
    if (inner.empty()) return false;
    if (!segment_covers(segment, take_segment(inner))) return false;
  }
  return true;
}

bool scope_covers(const std::vector<std::string>& outer, std::string_view inner) {
  return outer.empty() || std::any_of(outer.begin(), outer.end(), [inner](const std::string& one) {
           return path_covers(one, inner);
         });
}

bool scope_covers(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  if (inner.empty()) return scope_covers(outer, "");
  return std::all_of(inner.begin(), inner.end(),
                     [&outer](const std::string& one) { return scope_covers(outer, one); });
}

}  // namespace synapse::core
