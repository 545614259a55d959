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

ScopeCover::ScopeCover(const std::vector<std::string>& outer) {
  root_.is_end = outer.empty();
  for (const std::string& path : outer) {
    Node* node = &root_;
    for (std::string_view rest = path; !rest.empty();) {
      node = &node->children[take_segment(rest)];
    }
    node->is_end = true;
    if (is_pattern(path)) patterns_.push_back(path);
  }
}

bool ScopeCover::covers(std::string_view inner) {
  const Node* node = &root_;
  for (std::string_view rest = inner; !node->is_end && !rest.empty();) {
    const auto child = node->children.find(take_segment(rest));
    if (child == node->children.end()) {
      node = nullptr;
      break;
    }
    node = &child->second;
  }
  if (node != nullptr && node->is_end) return true;
  for (const std::string_view pattern : patterns_) {
    if (tries_left_ == 0) return false;
    --tries_left_;
    if (path_covers(pattern, inner)) return true;
  }
  return false;
}

bool ScopeCover::covers(const std::vector<std::string>& inner) {
  if (inner.empty()) return covers("");
  return std::all_of(inner.begin(), inner.end(),
                     [this](const std::string& path) { return covers(path); });
}

}  // namespace synapse::core
