// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/file_name.hpp"

#include <optional>

#include "base/strings.hpp"
#include "core/glob_doubt.hpp"

namespace synapse::core {

namespace {

std::string quoted_segment(std::string_view name) {
  if (!reads_as_pattern(name)) return std::string(name);
  std::string quoted;
  for (const char c : name) {
    if (is_pattern_sign(c)) {
      quoted += {'[', c, ']'};
    } else {
      quoted += c;
    }
  }
  return quoted;
}

// Of a segment in which every sign stands in a class of its own; nothing: it is none.
std::optional<std::string> name_in(std::string_view segment) {
  std::string name;
  bool has_class = false;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (!is_pattern_sign(segment[i])) {
      name += segment[i];
      continue;
    }
    const bool is_class = segment[i] == '[' && i + 2 < segment.size() &&
                          is_pattern_sign(segment[i + 1]) && segment[i + 2] == ']';
    if (!is_class) return std::nullopt;
    name += segment[i + 1];
    has_class = true;
    i += 2;
  }
  // What would be no pattern needs no quotes, and has another spelling.
  if (!has_class || !reads_as_pattern(name)) return std::nullopt;
  return name;
}

template <typename Change>
std::string by_segment(std::string_view path, const Change& change) {
  std::string all;
  bool is_first = true;
  for (const std::string_view segment : base::split(path, '/')) {
    if (!is_first) all += '/';
    is_first = false;
    all += change(segment);
  }
  return all;
}

}  // namespace

std::string quoted_path(std::string_view path) {
  if (!has_pattern_sign(path)) return std::string(path);
  return by_segment(path, quoted_segment);
}

bool is_quoted(std::string_view segment) { return name_in(segment).has_value(); }

std::string unquoted(std::string_view path) {
  if (!has_pattern_sign(path)) return std::string(path);
  return by_segment(path, [](std::string_view segment) {
    return name_in(segment).value_or(std::string(segment));
  });
}

bool reads_as_pattern(std::string_view segment) {
  return segment.find_first_of("*?[") != std::string_view::npos || find_doubt(segment).has_value();
}

}  // namespace synapse::core
