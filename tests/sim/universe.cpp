// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/universe.hpp"

namespace synapse::sim {

namespace {

using Segments = std::vector<std::string>;

Segments plain_segments(const std::string& path) {
  Segments parts;
  std::string part;
  for (const char c : path + "/") {
    if (c != '/') {
      part += c;
    } else if (!part.empty()) {
      parts.push_back(part);
      part.clear();
    }
  }
  return parts;
}

bool in_class(std::string_view members, char c) {
  const bool negated = members[0] == '!';
  bool found = false;
  for (std::size_t i = negated ? 1 : 0; i < members.size(); ++i) found = found || members[i] == c;
  return found != negated;
}

bool matches(std::string_view pattern, std::string_view name) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] == '*') {
    for (std::size_t taken = 0; taken <= name.size(); ++taken) {
      if (matches(pattern.substr(1), name.substr(taken))) return true;
    }
    return false;
  }
  if (name.empty()) return false;
  if (pattern[0] == '[') {
    const std::size_t close = pattern.find(']', 2);
    return in_class(pattern.substr(1, close - 1), name[0]) &&
           matches(pattern.substr(close + 1), name.substr(1));
  }
  return (pattern[0] == '?' || pattern[0] == name[0]) && matches(pattern.substr(1), name.substr(1));
}

// Whether a file is matched by the pattern, or lies below something that is.
bool covered(const Segments& pattern, std::size_t p, const Segments& file, std::size_t f) {
  if (p == pattern.size()) return true;
  if (pattern[p] == "**") {
    return covered(pattern, p + 1, file, f) ||
           (f < file.size() && covered(pattern, p, file, f + 1));
  }
  return f < file.size() && name_matches(pattern[p], file[f]) &&
         covered(pattern, p + 1, file, f + 1);
}

}  // namespace

bool name_matches(std::string_view pattern, std::string_view name) {
  return pattern == name || matches(pattern, name);
}

Universe::Universe() {
  files_.emplace_back();
  for (std::size_t i = 0; files_.size() <= size; ++i) {
    for (const std::string_view name : names) {
      files_.push_back(files_[i]);
      files_.back().emplace_back(name);
    }
  }
  files_.erase(files_.begin());  // The root is no file.
}

const Universe::Cover& Universe::cover(const std::string& path) {
  const auto known = covers_.find(path);
  if (known != covers_.end()) return known->second;
  const Segments pattern = plain_segments(path);
  Cover cover;
  for (std::size_t i = 0; i < size; ++i) cover[i] = covered(pattern, 0, files_[i], 0);
  return covers_.emplace(path, cover).first->second;
}

Universe::Cover Universe::cover(const std::vector<std::string>& paths) {
  Cover all;
  if (paths.empty()) all.set();
  for (const std::string& path : paths) all |= cover(path);
  return all;
}

}  // namespace synapse::sim
