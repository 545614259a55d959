// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether one scope lies within another: what a hand-off takes along, and what an agent gives up
// that claims its own task again. Careful in the other direction than contention: on doubt it does
// not lie within.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace synapse::core {

// Whether every path that `inner` covers is covered by `outer`; both normalised.
[[nodiscard]] bool path_covers(std::string_view outer, std::string_view inner);
// Whether some path of a scope covers the path; an empty scope is the whole worktree.
[[nodiscard]] bool scope_covers(const std::vector<std::string>& outer, std::string_view inner);
[[nodiscard]] bool scope_covers(const std::vector<std::string>& outer,
                                const std::vector<std::string>& inner);

}  // namespace synapse::core
