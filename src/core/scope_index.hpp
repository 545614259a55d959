// SPDX-License-Identifier: AGPL-3.0-or-later
// Which live leases contend with a scope, without asking each of them.
//
// One tree of segments a worktree: a lease stands at the node of each of its literal paths, and at
// the folder in which each of its patterns begins, where equal patterns stand together. A literal
// path meets the leases that stand on the way down to it and those below it, and is matched with
// all patterns of a folder at once (segment_set.hpp); a pattern walks the subtree below its literal
// part as far as its segments lead. So a claim costs what its paths cost, however many leases live
// elsewhere. What could still be dear is bounded: the patterns of a folder by a quota
// (crowded_folder), and a search by the effort that it is given.
//
// Claims of worktrees inside of each other may meet as well: see nested_worktrees.hpp. Each tree is
// then asked with what the path is called in it.
//
// The leases of a node stand in the order of their epochs, so that a queue, whose claims carry
// their tickets as epochs, can ask for the last one before a ticket without a look at those after
// it.
//
// Used by LeaseTable and ClaimQueue. The answer depends on the content only, never on the order in
// which it came.
#pragma once

#include <cstddef>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/effort.hpp"
#include "core/limits.hpp"
#include "core/model.hpp"
#include "core/nested_worktrees.hpp"

namespace synapse::core {

// The epochs that a search takes; `before` is the first that it no longer takes.
struct EpochRange {
  Epoch from{0};
  Epoch before{std::numeric_limits<std::uint64_t>::max()};
};

// Who asks about a scope: its own leases don't contend with it, but for those of another party.
struct Claimant {
  // NOLINTNEXTLINE(google-explicit-constructor): an agent asks for itself, and reads so.
  Claimant(const AgentName& its_name, std::string_view its_party = {})
      : name(its_name), party(its_party) {}

  const AgentName& name;
  std::string_view party;

  [[nodiscard]] bool contends_with(const Lease& lease) const {
    if (lease.owner != name) return true;
    return !party.empty() && !lease.party.empty() && party != lease.party;
  }
};

class ScopeIndex {
 public:
  // The lease must stay where it is in memory until it is removed; its scope must not change
  // meanwhile.
  void add(const Lease& lease);
  void remove(const Lease& lease);

  static constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

  // A lease that contends with this scope of `asker` and has such an epoch; null
  // if there is none, or the effort was spent before one was found. Among several at one node of
  // the tree it is the latest: of a long queue for one path that is the claim directly ahead.
  [[nodiscard]] const Lease* find_conflict(const std::string& worktree,
                                           const std::vector<std::string>& paths,
                                           const Claimant& asker, Effort& effort,
                                           EpochRange epochs = {}) const;

  // Every such lease without duplicates, by task id. With `at_most`, the search ends when it has
  // found that many, and which ones these are is open.
  [[nodiscard]] std::vector<const Lease*> conflicts(const std::string& worktree,
                                                    const std::vector<std::string>& paths,
                                                    const Claimant& asker, Effort& effort,
                                                    EpochRange epochs = {},
                                                    std::size_t at_most = no_limit) const;

  // The folder, if there is one, that would have more patterns than it may, in all or of this
  // owner, with those of the scope.
  [[nodiscard]] std::optional<std::string> crowded_folder(const std::string& worktree,
                                                          const std::vector<std::string>& paths,
                                                          const AgentName& owner,
                                                          const Limits& limits) const;

 private:
  // Leases with the same pattern, by epoch, then task id; how many each owner has.
  struct Group {
    std::vector<const Lease*> leases;
    std::map<AgentName, std::size_t> owners;
  };
  // The patterns that begin at a node.
  struct Folder {
    std::map<std::string, Group, std::less<>> groups;
    std::size_t bytes = 0;                      // Of the patterns, each counted once.
    std::map<AgentName, std::size_t> bytes_of;  // And once for each owner.
  };
  struct Node {
    std::map<std::string, Node, std::less<>> children;  // Never an empty subtree.
    std::vector<const Lease*> leases;                   // That cover it, by epoch, then task id.
    std::unique_ptr<Folder> folder;
  };
  class Compiled;
  class Search;

  static void insert(Node& root, std::string_view path, const Lease& lease);
  static void insert_pattern(Folder& folder, std::string_view pattern, const Lease& lease);
  static void erase(Node& node, std::string_view rest, std::string_view pattern,
                    const Lease& lease);
  static void erase_pattern(Folder& folder, std::string_view pattern, const Lease& lease);

  [[nodiscard]] const Node* root_of(const std::string& worktree) const;
  void look_inside(Search& search, const std::string& worktree, std::string_view path) const;

  std::map<std::string, Node, std::less<>> worktrees_;
  NestedWorktrees nested_;  // The same ones.
};

}  // namespace synapse::core
