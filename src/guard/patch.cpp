// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/patch.hpp"

#include <array>

#include "base/strings.hpp"

namespace synapse::guard {

namespace {

constexpr std::string_view patch_begin = "*** Begin Patch";
constexpr std::string_view patch_end = "*** End Patch";
constexpr std::array<std::string_view, 4> patch_heads{
    "*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "};

}  // namespace

std::vector<std::string> paths_of_patch(std::string_view text) {
  std::vector<std::string> paths;
  bool is_inside = false;
  for (std::string_view line : base::split(text, '\n')) {
    line = base::trim(line);
    if (!is_inside) {
      // A heredoc's first line may stand behind the command.
      is_inside = line.ends_with(patch_begin);
      continue;
    }
    if (line == patch_end) {
      is_inside = false;
      continue;
    }
    for (const std::string_view head : patch_heads) {
      if (line.starts_with(head)) paths.push_back(base::trimmed(line.substr(head.size())));
    }
  }
  return paths;
}

}  // namespace synapse::guard
