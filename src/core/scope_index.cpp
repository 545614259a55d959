// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/scope_index.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/assert.hpp"
#include "core/scope.hpp"

namespace synapse::core {

namespace {

const std::vector<std::string> whole_worktree{""};

const std::vector<std::string>& scope_of(const std::vector<std::string>& paths) {
  return paths.empty() ? whole_worktree : paths;
}

// Waiting claims of several agents may have one task: their tickets tell them apart.
struct ByTask {
  bool operator()(const Lease* a, const Lease* b) const {
    return std::tie(a->task_id, a->epoch) < std::tie(b->task_id, b->epoch);
  }
};

}  // namespace

// One look for conflicts: walks the tree and gathers until it has found enough.
class ScopeIndex::Search {
 public:
  Search(const AgentName& owner, EpochRange epochs, std::size_t at_most)
      : owner_(owner), epochs_(epochs), at_most_(at_most) {}

  // The first `above` segments lead to a worktree inside of this one: of the leases that stand
  // there, only those that name a literal path on the way say something about it.
  void look(const Node& root, std::string_view path, std::size_t above = 0) {
    const Node* node = &root;
    above_ = above;
    deciding_ = deciding_segments(path);
    depth_ = 0;
    for (std::string_view rest = literal_part(path); !rest.empty(); ++depth_) {
      ask(*node);
      if (done()) return;
      const auto child = node->children.find(take_segment(rest));
      if (child == node->children.end()) return;
      node = &child->second;
    }
    descend(*node);
  }

  [[nodiscard]] bool done() const { return found_.size() >= at_most_; }

  [[nodiscard]] std::vector<const Lease*> found() const { return {found_.begin(), found_.end()}; }

 private:
  // The entries at a node on the way down: a lease that covers the node covers the path; a pattern
  // is asked.
  void ask(const Node& node) {
    const bool decided = depth_ == deciding_.size();
    auto entry =
        std::lower_bound(node.entries.begin(), node.entries.end(), epochs_.before,
                         [](const Entry& one, Epoch before) { return one.lease->epoch < before; });
    while (entry != node.entries.begin() && !done()) {
      --entry;
      if (entry->lease->epoch < epochs_.from) return;
      if (entry->lease->owner == owner_) continue;
      if (depth_ < above_ && (depth_ == 0 || !entry->pattern.empty())) continue;
      if (decided || entry->pattern.empty() || paths_contend(deciding_, entry->pattern)) {
        found_.insert(entry->lease);
      }
    }
  }

  // From the node of the literal part down, as far as the pattern's segments lead: what stands
  // below their last one contends, whatever it is.
  void descend(const Node& node) {
    ask(node);
    const bool decided = depth_ == deciding_.size();
    for (const auto& [segment, child] : node.children) {
      if (done()) return;
      if (!decided && !deciding_[depth_].meets(segment)) continue;
      depth_ += decided ? 0 : 1;
      descend(child);
      depth_ -= decided ? 0 : 1;
    }
  }

  const AgentName& owner_;
  EpochRange epochs_;
  std::size_t at_most_;
  std::vector<Segment> deciding_;         // Of the path that is looked for now.
  std::size_t depth_ = 0;                 // How many of them led to the node that is looked at.
  std::size_t above_ = 0;                 // How many of them lead to a worktree inside.
  std::set<const Lease*, ByTask> found_;  // A lease is met once for each of its paths.
};

void ScopeIndex::add(const Lease& lease) {
  if (lease.coverage == Coverage::none) return;
  const auto [place, is_new] = worktrees_.try_emplace(lease.worktree);
  if (is_new) nested_.add(lease.worktree);
  Node& root = place->second;
  for (const std::string& path : scope_of(lease.paths)) insert(root, path, lease);
}

void ScopeIndex::remove(const Lease& lease) {
  if (lease.coverage == Coverage::none) return;
  const auto root = worktrees_.find(lease.worktree);
  SYNAPSE_ASSERT(root != worktrees_.end());
  for (const std::string& path : scope_of(lease.paths)) {
    const std::string_view literal = literal_part(path);
    erase(root->second, literal, literal.size() == path.size() ? std::string_view() : path, lease);
  }
  if (!root->second.children.empty() || !root->second.entries.empty()) return;
  nested_.remove(lease.worktree);
  worktrees_.erase(root);
}

void ScopeIndex::insert(Node& root, std::string_view path, const Lease& lease) {
  Node* node = &root;
  std::string_view rest = literal_part(path);
  const bool pattern = rest.size() != path.size();
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    auto child = node->children.find(segment);
    if (child == node->children.end()) {
      child = node->children.emplace(std::string(segment), Node{}).first;
    }
    node = &child->second;
  }
  Entry entry{&lease, pattern ? std::string(path) : std::string()};
  const auto place = std::lower_bound(
      node->entries.begin(), node->entries.end(), entry, [](const Entry& a, const Entry& b) {
        return std::tie(a.lease->epoch, a.lease->task_id, a.pattern) <
               std::tie(b.lease->epoch, b.lease->task_id, b.pattern);
      });
  node->entries.insert(place, std::move(entry));
}

void ScopeIndex::erase(Node& node, std::string_view rest, std::string_view pattern,
                       const Lease& lease) {
  if (!rest.empty()) {
    const auto child = node.children.find(take_segment(rest));
    SYNAPSE_ASSERT(child != node.children.end());
    erase(child->second, rest, pattern, lease);
    if (child->second.children.empty() && child->second.entries.empty()) node.children.erase(child);
    return;
  }
  const auto entry = std::find_if(node.entries.begin(), node.entries.end(), [&](const Entry& e) {
    return e.lease == &lease && e.pattern == pattern;
  });
  SYNAPSE_ASSERT(entry != node.entries.end());
  node.entries.erase(entry);
}

const Lease* ScopeIndex::find_conflict(const std::string& worktree,
                                       const std::vector<std::string>& paths,
                                       const AgentName& owner, EpochRange epochs) const {
  const std::vector<const Lease*> found = conflicts(worktree, paths, owner, epochs, 1);
  return found.empty() ? nullptr : found.front();
}

std::vector<const Lease*> ScopeIndex::conflicts(const std::string& worktree,
                                                const std::vector<std::string>& paths,
                                                const AgentName& owner, EpochRange epochs,
                                                std::size_t at_most) const {
  Search search(owner, epochs, at_most);
  const Node* root = root_of(worktree);
  for (const std::string& path : scope_of(paths)) {
    if (root != nullptr && !search.done()) search.look(*root, path);
    look_inside(search, worktree, path);
  }
  for (const NestedWorktrees::Around& outer : nested_.around(worktree)) {
    const auto depth = std::count(outer.place.begin(), outer.place.end(), '/') + 1;
    for (const std::string& path : scope_of(paths)) {
      if (search.done()) break;
      const std::string there = path.empty() ? outer.place : outer.place + '/' + path;
      search.look(*root_of(*outer.worktree), there, static_cast<std::size_t>(depth));
    }
  }
  return search.found();
}

void ScopeIndex::look_inside(Search& search, const std::string& worktree,
                             std::string_view path) const {
  if (search.done()) return;
  nested_.inside(worktree, path, [&](const std::string& inner, std::string_view rest) {
    search.look(*root_of(inner), rest);
    return !search.done();
  });
}

const ScopeIndex::Node* ScopeIndex::root_of(const std::string& worktree) const {
  const auto root = worktrees_.find(worktree);
  return root == worktrees_.end() ? nullptr : &root->second;
}

}  // namespace synapse::core
