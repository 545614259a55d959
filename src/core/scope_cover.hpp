// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether one scope lies within another: what a hand-off takes along, and what an agent gives up
// that claims its own task again. Careful in the other direction than contention: on doubt it does
// not lie within.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::core {

// Whether every path that `inner` covers is covered by `outer`; both normalised.
[[nodiscard]] bool path_covers(std::string_view outer, std::string_view inner);

// A scope that many paths are held beside. Costs what its paths and theirs are long: what is
// covered by name is found on the way down a tree, and only what is not is tried with the scope's
// patterns, a bounded number of times.
class ScopeCover {
 public:
  // Normalised, and must outlive this; empty, the whole worktree.
  explicit ScopeCover(const std::vector<std::string>& outer);

  [[nodiscard]] bool covers(std::string_view inner);
  [[nodiscard]] bool covers(const std::vector<std::string>& inner);

 private:
  struct Node {
    std::map<std::string_view, Node> children;
    bool is_end = false;
  };
  static constexpr std::size_t pattern_tries_max = 4096;

  Node root_;
  std::vector<std::string_view> patterns_;
  std::size_t tries_left_ = pattern_tries_max;
};

}  // namespace synapse::core
