// SPDX-License-Identifier: AGPL-3.0-or-later
// Worktrees that lie inside of each other: `/r` and `/r/.claude/worktrees/w`, a repository and its
// submodule. One file then has a name in each, so claims of different worktrees may contend after
// all: a path of the outer one that leads to the inner one's root, or through it. A claim of a
// whole tree says nothing about trees nested in it, and neither does a pattern that stands above
// them.
//
// Only absolute worktrees take part, by their normalised form; to everything else a worktree is the
// exact text. Used by ScopeIndex, which asks only about the worktrees that have claims. Past the
// bounds below it gives up: nobody works nine repositories deep, and a claim must not cost more for
// being asked with a strange worktree.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::core {

class NestedWorktrees {
 public:
  static constexpr std::size_t depth_max = 64;  // Segments of a root.
  static constexpr std::size_t asked_max =
      16;  // Worktrees around one, or through which a path goes.

  void add(const std::string& worktree);
  void remove(const std::string& worktree);

  // A worktree, and what of the path that was asked about lies in it: blank, all of it.
  using Visit = std::function<bool(const std::string& worktree, std::string_view rest)>;
  // The worktrees strictly below `worktree` that the path leads to or through, until the visitor
  // returns false. The path is normalised; of a pattern the literal part leads.
  void inside(const std::string& worktree, std::string_view path, const Visit& visit) const;

  struct Around {
    const std::string* worktree;
    std::string place;  // Where in it the inner root lies.
  };
  // The worktrees strictly around this one, the outermost first.
  [[nodiscard]] std::vector<Around> around(const std::string& worktree) const;

 private:
  struct Node {
    std::map<std::string, Node, std::less<>> children;  // Never an empty subtree.
    std::set<std::string> worktrees;                    // Spelled as they are, with this root.
  };

  static bool all_below(const Node& node, const Visit& visit);
  static void erase(Node& node, std::string_view rest, const std::string& worktree);
  [[nodiscard]] const Node* find(std::string_view root) const;

  Node top_;
};

}  // namespace synapse::core
