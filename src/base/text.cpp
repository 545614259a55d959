// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/text.hpp"

#include <array>
#include <cstdint>
#include <cstdio>

namespace synapse::base {

namespace {

struct Decoded {
  char32_t point;
  std::size_t length;  // 0: not UTF-8 here.
};

// One code point at the front of a text that is not empty; rejects overlong forms, surrogates and
// what lies past U+10FFFF (Unicode 15, table 3-7).
Decoded decode_one(std::string_view text) {
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

bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 28 && c <= 32) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

bool is_control(char32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || c == 0x200E ||
         c == 0x200F || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

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

std::string_view trim(std::string_view text) {
  while (!text.empty()) {
    const Decoded first = decode_one(text);
    if (first.length == 0 || !is_space(first.point)) break;
    text.remove_prefix(first.length);
  }
  while (!text.empty()) {
    std::size_t start = text.size() - 1;
    while (start > 0 && text.size() - start < 4 &&
           (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) {
      --start;
    }
    const Decoded last = decode_one(text.substr(start));
    if (last.length != text.size() - start || !is_space(last.point)) break;
    text.remove_suffix(last.length);
  }
  return text;
}

std::string trimmed(std::string_view text) { return std::string(trim(text)); }

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string joined;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) joined += separator;
    joined += part;
  }
  return joined;
}

bool is_valid_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const Decoded one = decode_one(bytes);
    if (one.length == 0) return false;
    bytes.remove_prefix(one.length);
  }
  return true;
}

std::u32string code_points(std::string_view utf8) {
  std::u32string points;
  points.reserve(utf8.size());
  while (!utf8.empty()) {
    const Decoded one = decode_one(utf8);
    points.push_back(one.length == 0 ? U'\uFFFD' : one.point);
    utf8.remove_prefix(one.length == 0 ? 1 : one.length);
  }
  return points;
}

bool has_control(std::string_view utf8) {
  for (const char32_t c : code_points(utf8)) {
    if (is_control(c)) return true;
  }
  return false;
}

std::string escape_control(std::string_view utf8, LineBreaks breaks) {
  std::string escaped;
  escaped.reserve(utf8.size());
  while (!utf8.empty()) {
    const Decoded one = decode_one(utf8);
    const std::size_t length = one.length == 0 ? 1 : one.length;
    const char32_t point = one.length == 0 ? static_cast<unsigned char>(utf8.front()) : one.point;
    const bool kept_break = breaks == LineBreaks::keep && (point == U'\n' || point == U'\t');
    if (one.length != 0 && (!is_control(point) || kept_break)) {
      escaped += utf8.substr(0, length);
    } else {
      std::array<char, 16> code{};
      std::snprintf(code.data(), code.size(), point < 0x100 ? "\\x%02x" : "\\u%04x",
                    static_cast<unsigned>(point));
      escaped += code.data();
    }
    utf8.remove_prefix(length);
  }
  return escaped;
}

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

bool constant_time_equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i] ^ other);
  }
  return difference == 0;
}

std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace synapse::base
