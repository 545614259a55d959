// SPDX-License-Identifier: AGPL-3.0-or-later
// Which live leases contend with a scope, without asking each of them.
//
// One tree of segments a worktree: a lease stands at the node of each of its literal paths, and at
// the node of the literal part of each of its patterns. A literal path meets the leases that stand
// on the way down to it and those below it; a pattern walks the subtree below its literal part as
// far as its segments lead. So a claim costs what its paths cost, however many leases live
// elsewhere. What it does not speed up: many patterns at one node are asked one by one, and a
// pattern asks every name beside it.
//
// Claims of worktrees inside of each other may meet as well: see nested_worktrees.hpp. Each tree is
// then asked with what the path is called in it.
//
// The entries of a node stand in the order of their epochs, so that a queue, whose claims carry
// their tickets as epochs, can ask for the last one before a ticket without a look at those after
// it.
//
// Used by LeaseTable and ClaimQueue. The answer depends on the content only, never on the order in
// which it came.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/model.hpp"
#include "core/nested_worktrees.hpp"

namespace synapse::core {

// The epochs that a search takes; `before` is the first that it no longer takes.
struct EpochRange {
  Epoch from{0};
  Epoch before{std::numeric_limits<std::uint64_t>::max()};
};

class ScopeIndex {
 public:
  // The lease must stay where it is in memory until it is removed; its scope must not change
  // meanwhile.
  void add(const Lease& lease);
  void remove(const Lease& lease);

  static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

  // A lease of another owner than `owner` that contends with this scope and has such an epoch; null
  // if there is none. Among several at one node of the tree it is the latest: of a long queue for
  // one path that is the claim directly ahead.
  [[nodiscard]] const Lease* find_conflict(const std::string& worktree,
                                           const std::vector<std::string>& paths,
                                           const AgentName& owner, EpochRange epochs = {}) const;

  // Every such lease without duplicates, by task id. With `at_most`, the search ends when it has
  // found that many, and which ones these are is open.
  [[nodiscard]] std::vector<const Lease*> conflicts(const std::string& worktree,
                                                    const std::vector<std::string>& paths,
                                                    const AgentName& owner, EpochRange epochs = {},
                                                    std::size_t at_most = no_limit) const;

 private:
  struct Entry {
    const Lease* lease;
    std::string pattern;  // The whole path if it is a pattern; blank if the lease covers this node.
  };
  struct Node {
    std::map<std::string, Node, std::less<>> children;  // Never an empty subtree.
    std::vector<Entry> entries;                         // By epoch, then task id and pattern.
  };
  class Search;

  static void insert(Node& root, std::string_view path, const Lease& lease);
  static void erase(Node& node, std::string_view rest, std::string_view pattern,
                    const Lease& lease);

  [[nodiscard]] const Node* root_of(const std::string& worktree) const;
  void look_inside(Search& search, const std::string& worktree, std::string_view path) const;

  std::map<std::string, Node, std::less<>> worktrees_;
  NestedWorktrees nested_;  // The same ones.
};

}  // namespace synapse::core
