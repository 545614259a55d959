// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/branch_claim.hpp"

#include <algorithm>

#include "base/glob.hpp"
#include "core/file_name.hpp"
#include "core/glob_doubt.hpp"
#include "core/scope.hpp"

namespace synapse::git {

namespace {

constexpr std::string_view any_depth = "**";

bool matches(std::string_view segment, std::string_view name) {
  if (!core::is_pattern(segment)) return core::unquoted(segment) == name;
  if (segment == name) return true;
  if (core::find_doubt(segment)) return core::segments_meet(segment, name);
  return base::glob_match(segment, name);
}

// Greedy: since only the start of the name has to match, the leftmost place for what follows a `**`
// leaves the most for the rest.
bool covers_by_segments(std::string_view path, std::string_view file) {
  std::string_view after_stars;  // What follows the last `**`, and where it is looked for next.
  std::string_view retry_from;
  bool may_retry = false;
  while (!path.empty()) {
    std::string_view rest = path;
    const std::string_view segment = core::take_segment(rest);
    if (segment == any_depth) {
      after_stars = path = rest;
      retry_from = file;
      may_retry = true;
      continue;
    }
    // Two stars within a name: whoever writes `src/**.c` means the files of all folders below.
    if (const auto doubt = core::find_doubt(segment);
        doubt && doubt->reach == core::Doubt::Reach::below && core::is_pattern(segment)) {
      return base::glob_match(path, file);
    }
    std::string_view file_rest = file;
    if (!file.empty() && matches(segment, core::take_segment(file_rest))) {
      path = rest;
      file = file_rest;
      continue;
    }
    if (!may_retry || retry_from.empty()) return false;
    core::take_segment(retry_from);
    path = after_stars;
    file = retry_from;
  }
  return true;
}

}  // namespace

bool covers(std::string_view path, std::string_view file) {
  if (path.empty()) return true;
  if (file.starts_with(path) && (file.size() == path.size() || file[path.size()] == '/')) {
    return true;
  }
  return core::has_pattern_sign(path) && covers_by_segments(path, file);
}

bool covers(const std::vector<std::string>& paths, std::string_view file) {
  return paths.empty() || std::any_of(paths.begin(), paths.end(), [file](const std::string& path) {
           return covers(path, file);
         });
}

}  // namespace synapse::git
