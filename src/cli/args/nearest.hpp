// SPDX-License-Identifier: AGPL-3.0-or-later
// What somebody who mistyped a word probably meant.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace synapse::cli {

// The candidate that the fewest slips of the finger (a letter too many, too few, wrong, or two
// swapped) turn into the word; if even that takes more than a third of its letters, the first that
// has the word between hyphens (`claim` in `git-claim`); else nothing.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

}  // namespace synapse::cli
