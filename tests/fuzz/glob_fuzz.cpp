// SPDX-License-Identifier: AGPL-3.0-or-later
// A pattern, a line feed, and a text. The matcher agrees with the obvious table for patterns
// without classes, and what matches a segment meets it.
#include <algorithm>
#include <vector>

#include "base/assert.hpp"
#include "base/glob.hpp"
#include "base/utf8.hpp"
#include "core/scope.hpp"

using namespace synapse;

namespace {

// Row by row: whether the first p characters of the pattern match the first t of the text.
bool matches_by_table(const std::u32string& pattern, const std::u32string& text) {
  std::vector<char> row(text.size() + 1, 0);
  row[0] = 1;
  for (const char32_t one : pattern) {
    if (one == U'*') {
      for (std::size_t t = 1; t < row.size(); ++t) row[t] = row[t] != 0 || row[t - 1] != 0;
      continue;
    }
    for (std::size_t t = row.size() - 1; t > 0; --t) {
      row[t] = row[t - 1] != 0 && (one == U'?' || one == text[t - 1]);
    }
    row[0] = 0;
  }
  return row.back() != 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1024) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(input.find('\n'), size);
  const std::string_view pattern = input.substr(0, end);
  const std::string_view text = input.substr(std::min(end + 1, size));
  const bool matches = base::glob_match(pattern, text);
  // Plain names are compared as bytes; as characters, all invalid bytes are one and the same.
  const bool is_valid = base::is_valid_utf8(input);
  if (is_valid && pattern.find('[') == std::string_view::npos) {
    SYNAPSE_ASSERT(matches ==
                   matches_by_table(base::code_points(pattern), base::code_points(text)));
  }
  SYNAPSE_ASSERT(base::glob_match("*", text));
  SYNAPSE_ASSERT(core::segments_meet(pattern, pattern));
  const bool meet = core::segments_meet(pattern, text);
  SYNAPSE_ASSERT(meet == core::segments_meet(text, pattern));
  const bool is_name = text.find_first_of("/*?[") == std::string_view::npos;
  const bool is_segment = pattern.find('/') == std::string_view::npos;
  if (is_valid && matches && is_name && is_segment) SYNAPSE_ASSERT(meet);
  return 0;
}
