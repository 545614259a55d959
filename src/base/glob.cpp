// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/glob.hpp"

#include <string>

#include "base/utf8.hpp"

namespace synapse::base {

namespace {

// The class that opens at pattern[at] == '[': whether it has c, and where it ends. No closing
// bracket: a literal.
struct ClassMatch {
  bool matches;
  std::size_t end;
};

ClassMatch match_class(const std::u32string& pattern, std::size_t at, char32_t c) {
  std::size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == U'!' || pattern[i] == U'^');
  if (negated) ++i;
  const std::size_t first = i;
  bool found = false;
  for (; i < pattern.size() && (pattern[i] != U']' || i == first); ++i) {
    if (i + 2 < pattern.size() && pattern[i + 1] == U'-' && pattern[i + 2] != U']') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  if (i >= pattern.size()) return {c == U'[', at + 1};
  return {found != negated, i + 1};
}

}  // namespace

bool glob_match(std::string_view pattern_text, std::string_view text_bytes) {
  // Most patterns are plain names, and a hub asks this of every socket for every chat.
  if (pattern_text.find_first_of("*?[") == std::string_view::npos) {
    return pattern_text == text_bytes;
  }
  const std::u32string pattern = code_points(pattern_text);
  const std::u32string text = code_points(text_bytes);
  // Greedy with one point to come back to: the last star. Never worse than the product of the
  // lengths.
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::u32string::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == U'*') {
      star = p++;
      star_text = t;
      continue;
    }
    bool matches = false;
    std::size_t next = p + 1;
    if (p < pattern.size()) {
      if (pattern[p] == U'[') {
        const ClassMatch one = match_class(pattern, p, text[t]);
        matches = one.matches;
        next = one.end;
      } else {
        matches = pattern[p] == U'?' || pattern[p] == text[t];
      }
    }
    if (matches) {
      p = next;
      ++t;
    } else if (star != std::u32string::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == U'*') ++p;
  return p == pattern.size();
}

}  // namespace synapse::base
