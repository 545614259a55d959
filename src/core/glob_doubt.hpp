// SPDX-License-Identifier: AGPL-3.0-or-later
// Glob notation that is no pattern here but is one to shells, git or other tools: `{a,b}`, `\`,
// `[[:alpha:]]`, `@(a|b)`, `**` within a name. What each of those tools would match is not worked
// out: two claims that one of them could lay on the same file contend.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace synapse::core {

struct Doubt {
  // How far the notation may lead: within the segment, or on behind it.
  enum class Reach { segment, below };

  std::size_t at = 0;  // Where it begins; what stands before it is read as ever.
  Reach reach = Reach::segment;
};

// The first doubt about a segment; nothing: it is what it seems to be.
[[nodiscard]] std::optional<Doubt> find_doubt(std::string_view segment);

// Whether a text has any character that a pattern, or a doubt, begins with. Most have none, and
// then there is nothing else to ask: a claim of a literal path asks a dozen times.
[[nodiscard]] bool has_pattern_sign(std::string_view text);
[[nodiscard]] bool is_pattern_sign(char c);

}  // namespace synapse::core
