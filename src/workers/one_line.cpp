// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/one_line.hpp"

#include "base/control.hpp"
#include "base/strings.hpp"

namespace synapse::workers {

namespace {

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80; }

// The bytes of the code point that begins at `at`.
std::size_t length_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && is_continuation(text[end])) ++end;
  return end - at;
}

bool is_gap(std::string_view code_point) {
  return base::trim(code_point).empty() || base::has_control(code_point);
}

bool is_word_character(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= '0' && byte <= '9') || static_cast<unsigned char>(byte) >= 0x80;
}

// Whether `what` stands in the text with no word character and none of `joints` at either side.
bool holds(std::string_view text, std::string_view what, std::string_view joints) {
  if (what.empty()) return false;
  const std::string where = base::to_lower(text);
  const std::string wanted = base::to_lower(what);
  const auto goes_on = [joints](char byte) {
    return is_word_character(byte) || joints.find(byte) != std::string_view::npos;
  };
  for (std::size_t at = where.find(wanted); at != std::string::npos;
       at = where.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    const bool begins = at == 0 || !goes_on(where[at - 1]);
    const bool ends = end == where.size() || !goes_on(where[end]);
    if (begins && ends) return true;
  }
  return false;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t characters_max) {
  std::string line;
  std::size_t characters = 0;
  bool gap = false;
  for (std::size_t at = 0; at < text.size() && characters < characters_max;) {
    const std::string_view code_point = text.substr(at, length_at(text, at));
    at += code_point.size();
    if (is_gap(code_point)) {
      gap = !line.empty();
      continue;
    }
    if (gap) {
      // A space that nothing could follow is not worth its place.
      if (characters + 2 > characters_max) break;
      line += ' ';
      ++characters;
    }
    gap = false;
    line += code_point;
    ++characters;
  }
  return line;
}

std::string shortened_line(std::string_view text, std::size_t characters_max) {
  std::string whole = one_line(text, characters_max + 2);
  if (trimmed_length(whole) <= characters_max || characters_max == 0) {
    return one_line(whole, characters_max);
  }
  return one_line(whole, characters_max - 1) + "…";
}

std::size_t trimmed_length(std::string_view text) {
  std::size_t count = 0;
  for (const char byte : base::trim(text)) count += is_continuation(byte) ? 0 : 1;
  return count;
}

std::string_view first_characters(std::string_view text, std::size_t characters_max) {
  std::size_t at = 0;
  for (std::size_t count = 0; at < text.size() && count < characters_max; ++count) {
    at += length_at(text, at);
  }
  return text.substr(0, at);
}

bool holds_word(std::string_view text, std::string_view word) { return holds(text, word, "_-"); }

bool holds_name(std::string_view text, std::string_view name) { return holds(text, name, "_-/"); }

}  // namespace synapse::workers
