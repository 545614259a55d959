// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/scope.hpp"

#include <algorithm>
#include <set>

#include "base/printable.hpp"
#include "base/strings.hpp"
#include "base/utf8.hpp"
#include "core/file_name.hpp"
#include "core/glob_doubt.hpp"

namespace synapse::core {

namespace {

constexpr std::string_view any_depth = "**";

// Whether a segment beside `**` may stand for several of a path.
bool reaches_below(std::string_view segment) {
  // Most patterns are `*.cpp`, and are asked often.
  if (segment.find_first_of("({*") == std::string_view::npos) return false;
  const std::optional<Doubt> doubt = find_doubt(segment);
  return doubt && doubt->reach == Doubt::Reach::below && !is_quoted(segment);
}

// Whether normalising would leave it as it is: asked in one pass, for most paths are.
bool is_normal(std::string_view path) {
  if (path.empty()) return true;
  std::size_t dots = 0;    // Of the segment, as long as it has nothing else.
  std::size_t length = 0;  // Of the segment.
  for (const char c : path) {
    if (c == '/') {
      if (dots == length && length <= 2) return false;  // Blank, `.` or `..`.
      dots = length = 0;
      continue;
    }
    if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x80) return false;
    dots += c == '.' ? 1U : 0U;
    ++length;
  }
  return dots != length || length > 2;
}

}  // namespace

std::string normalise_path(std::string_view path) {
  if (is_normal(path)) return std::string(path);
  std::vector<std::string_view> kept;
  for (const std::string_view segment : base::split(base::trim(path), '/')) {
    if (segment.empty() || segment == ".") continue;
    if (segment == ".." && !kept.empty() && kept.back() != "..") {
      // What a pattern matches may be a link, or several folders deep: where `..` leads from there
      // nobody knows, but not out of the literal part.
      if (is_pattern(kept.back())) {
        kept.erase(std::find_if(kept.begin(), kept.end(), is_pattern), kept.end());
        break;
      }
      kept.pop_back();
    } else {
      kept.push_back(segment);
    }
  }
  std::string normal;
  for (const std::string_view segment : kept) {
    if (!normal.empty()) normal += '/';
    normal += segment;
  }
  return normal;
}

std::vector<std::string> normalise_scope(const std::vector<std::string>& paths,
                                         const Limits& limits) {
  std::vector<std::string> normal;
  std::set<std::string, std::less<>> seen;
  std::size_t patterns = 0;
  std::size_t bytes = 0;
  // Repeated ones cost, too: a list that is absurdly long is not looked through.
  if (paths.size() / 16 > limits.paths_per_claim) return {""};
  for (const std::string& given : paths) {
    const std::string_view path = base::trim(given);
    // A character takes a byte at least.
    const bool is_too_long = path.size() > limits.path_length_max &&
                             base::code_points(path).size() > limits.path_length_max;
    if (is_too_long || base::has_unprintable(path)) return {""};
    std::string one = normalise_path(path);
    if (is_pattern(one) && !seen.contains(one) &&
        (++patterns > limits.patterns_per_claim || one.size() > limits.pattern_bytes_max)) {
      one = std::string(literal_part(one));
    }
    if (one.empty()) return {""};
    if (!seen.insert(one).second) continue;
    bytes += one.size();
    if (seen.size() > limits.paths_per_claim || bytes > limits.path_bytes_per_claim) return {""};
    normal.push_back(std::move(one));
  }
  return normal;
}

bool is_pattern(std::string_view path) {
  if (!has_pattern_sign(path)) return false;
  while (!path.empty()) {
    if (Segment::is_pattern(take_segment(path))) return true;
  }
  return false;
}

std::string_view take_segment(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return segment;
}

std::string_view literal_part(std::string_view path) {
  if (!has_pattern_sign(path)) return path;
  std::size_t end = 0;
  for (const std::string_view segment : base::split(path, '/')) {
    if (is_pattern(segment)) return path.substr(0, end == 0 ? 0 : end - 1);
    end += segment.size() + 1;
  }
  return path;
}

ScopePath split_path(std::string_view path) {
  ScopePath parts;
  parts.folder = literal_part(path);
  std::string_view rest = path.substr(parts.folder.size());
  if (rest.starts_with('/')) rest.remove_prefix(1);
  std::string_view behind = rest;
  while (!behind.empty()) {
    const std::string_view segment = take_segment(behind);
    const auto begin = static_cast<std::size_t>(segment.data() - rest.data());
    if (segment == any_depth) {
      rest = begin == 0 ? any_depth : rest.substr(0, begin - 1);
      break;
    }
    if (!reaches_below(segment)) continue;
    rest = rest.substr(0, begin + segment.size());
    break;
  }
  parts.pattern = rest;
  return parts;
}

std::vector<Segment> deciding_segments(std::string_view path) {
  std::vector<Segment> deciding;
  while (!path.empty()) {
    const std::string_view segment = take_segment(path);
    if (segment == any_depth) break;
    deciding.emplace_back(segment);
    if (reaches_below(segment)) break;
  }
  return deciding;
}

bool segments_meet(std::string_view a, std::string_view b) { return Segment(a).meets(b); }

bool paths_contend(const std::vector<Segment>& deciding, std::string_view path) {
  for (const Segment& one : deciding) {
    if (path.empty()) return true;
    const std::string_view other = take_segment(path);
    if (other == any_depth) return true;
    if (!one.meets(other)) return false;
    if (reaches_below(other)) return true;
  }
  return true;
}

bool paths_contend(std::string_view a, std::string_view b) {
  return paths_contend(deciding_segments(a), b);
}

bool scopes_contend(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  if (a.empty() || b.empty()) return true;
  return std::any_of(a.begin(), a.end(), [&b](const std::string& x) {
    return std::any_of(b.begin(), b.end(),
                       [&x](const std::string& y) { return paths_contend(x, y); });
  });
}

}  // namespace synapse::core
