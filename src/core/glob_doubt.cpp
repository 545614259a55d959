// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/glob_doubt.hpp"

#include <algorithm>
#include <array>

namespace synapse::core {

namespace {

using Reach = Doubt::Reach;

constexpr auto npos = std::string_view::npos;

constexpr std::array<bool, 256> pattern_signs = [] {
  std::array<bool, 256> signs{};
  for (const char sign : std::string_view("*?[\\({"))
    signs[static_cast<unsigned char>(sign)] = true;
  return signs;
}();

// A group in braces: a choice if it has a comma or a range, and open if its end is not here.
std::optional<Doubt> in_braces(std::string_view segment, std::size_t at) {
  std::size_t depth = 0;
  bool is_choice = false;
  for (std::size_t i = at; i < segment.size(); ++i) {
    if (segment[i] == '{') ++depth;
    if (segment[i] == ',' || segment.substr(i, 2) == "..") is_choice = true;
    if (segment[i] != '}' || --depth > 0) continue;
    return is_choice ? std::optional(Doubt{at, Reach::segment}) : std::nullopt;
  }
  return Doubt{at, Reach::below};
}

std::optional<Doubt> doubt_at(std::string_view segment, std::size_t at) {
  switch (segment[at]) {
    case '\\':
      return Doubt{at, Reach::segment};
    case '*':
      if (segment.size() == 2 || segment.substr(at, 2) != "**") return std::nullopt;
      return Doubt{at, Reach::below};
    case '(': {
      if (at == 0 || std::string_view("@?*+!").find(segment[at - 1]) == npos) return std::nullopt;
      const bool is_open = segment.find(')', at) == npos;
      return Doubt{at - 1, is_open ? Reach::below : Reach::segment};
    }
    case '{':
      return in_braces(segment, at);
    case '[':
      if (at == 0 || at + 1 == segment.size()) return std::nullopt;
      if (std::string_view(":.=").find(segment[at + 1]) == npos) return std::nullopt;
      if (segment.find('[') == at) return std::nullopt;  // A class of its own, and no part of one.
      return Doubt{at, Reach::segment};
    default:
      return std::nullopt;
  }
}

}  // namespace

bool has_pattern_sign(std::string_view text) {
  return std::any_of(text.begin(), text.end(), is_pattern_sign);
}

bool is_pattern_sign(char c) { return pattern_signs[static_cast<unsigned char>(c)]; }

std::optional<Doubt> find_doubt(std::string_view segment) {
  for (std::size_t at = segment.find_first_of("\\*({["); at != npos;
       at = segment.find_first_of("\\*({[", at + 1)) {
    std::optional<Doubt> doubt = doubt_at(segment, at);
    if (!doubt) continue;
    // Within a class the notation may be one of its members, and then nothing is said about it.
    doubt->at = std::min(doubt->at, segment.find('['));
    return doubt;
  }
  return std::nullopt;
}

}  // namespace synapse::core
