// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/scope_index.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/assert.hpp"
#include "core/scope.hpp"
#include "core/segment_set.hpp"

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

// What split_path() leaves of a pattern that covers all below its folder.
constexpr std::string_view all_below = "**";

constexpr auto by_epoch = [](const Lease* a, const Lease* b) {
  return std::tie(a->epoch, a->task_id) < std::tie(b->epoch, b->task_id);
};

void put_in(std::vector<const Lease*>& leases, const Lease& lease) {
  leases.insert(std::lower_bound(leases.begin(), leases.end(), &lease, by_epoch), &lease);
}

void take_out(std::vector<const Lease*>& leases, const Lease& lease) {
  auto place = std::lower_bound(leases.begin(), leases.end(), &lease, by_epoch);
  while (place != leases.end() && *place != &lease) ++place;
  SYNAPSE_ASSERT(place != leases.end());
  leases.erase(place);
}

}  // namespace

// The patterns of a folder as they are matched: all their first segments at once, then the second
// ones of those that are left, and so on.
class ScopeIndex::Compiled {
 public:
  Compiled(const Folder& folder, Effort& effort) {
    std::vector<std::vector<std::string_view>> texts;
    for (const auto& [pattern, group] : folder.groups) {
      std::size_t depth = 0;
      std::string_view rest = pattern == all_below ? std::string_view() : pattern;
      for (; !rest.empty(); ++depth) {
        if (texts.size() == depth) texts.emplace_back(), levels_.emplace_back();
        texts[depth].push_back(take_segment(rest));
        levels_[depth].members.push_back(groups_.size());
      }
      groups_.push_back(&group);
      lengths_.push_back(depth);
    }
    for (std::size_t depth = 0; depth < levels_.size(); ++depth) {
      levels_[depth].set.emplace(texts[depth], effort);
    }
  }

  // The groups with a pattern that contends with these segments, of which there may be none.
  [[nodiscard]] std::vector<const Group*> contending(const std::vector<std::string_view>& segments,
                                                     std::size_t from, Effort& effort) const {
    std::vector<const Group*> found;
    std::vector<bool> is_left(groups_.size(), true);
    std::size_t left = groups_.size();
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      if (lengths_[i] > 0) continue;
      found.push_back(groups_[i]);
      is_left[i] = false;
      --left;
    }
    for (std::size_t depth = 0; left > 0 && !effort.is_spent(); ++depth) {
      effort.take(2 * groups_.size());
      if (from + depth == segments.size()) {
        for (std::size_t i = 0; i < groups_.size(); ++i) {
          if (is_left[i]) found.push_back(groups_[i]);
        }
        break;
      }
      const Level& level = levels_[depth];
      const std::vector<bool> met = level.set->meet(segments[from + depth], effort);
      for (std::size_t i = 0; i < level.members.size(); ++i) {
        const std::size_t one = level.members[i];
        const bool ends = lengths_[one] == depth + 1;
        if (!is_left[one] || (met[i] && !ends)) continue;
        if (met[i]) found.push_back(groups_[one]);
        is_left[one] = false;
        --left;
      }
    }
    return found;
  }

 private:
  struct Level {
    std::optional<SegmentSet> set;
    std::vector<std::size_t> members;  // The groups that have such a segment.
  };
  std::vector<const Group*> groups_;
  std::vector<std::size_t> lengths_;
  std::vector<Level> levels_;
};

// One look for conflicts: walks the tree and gathers until it has found enough, or may go no
// further.
class ScopeIndex::Search {
 public:
  Search(const Claimant& asker, Effort& effort, EpochRange epochs, std::size_t at_most)
      : asker_(asker), effort_(effort), epochs_(epochs), at_most_(at_most) {}

  // The first `above` segments lead to a worktree inside of this one: of the leases that stand
  // there, only those that name a literal path on the way say something about it.
  void look(const Node& root, std::string_view path, std::size_t above = 0) {
    const auto [folder, pattern] = split_path(path);
    above_ = above;
    segments_.clear();
    own_.clear();
    for (std::string_view rest : {folder, pattern == all_below ? std::string_view() : pattern}) {
      while (!rest.empty()) segments_.push_back(take_segment(rest));
    }
    depth_ = 0;
    const Node* node = &root;
    for (std::string_view rest = folder; !rest.empty(); ++depth_) {
      ask(*node);
      if (is_done()) return;
      const auto child = node->children.find(take_segment(rest));
      if (child == node->children.end()) return;
      node = &child->second;
    }
    descend(*node);
  }

  [[nodiscard]] bool is_done() const { return found_.size() >= at_most_ || effort_.is_spent(); }

  [[nodiscard]] std::vector<const Lease*> found() const {
    std::vector<const Lease*> found(found_.begin(), found_.end());
    std::sort(found.begin(), found.end(), ByTask{});
    return found;
  }

 private:
  // A lease that covers a node covers all below, and one that is asked about what stands above it
  // is below.
  void ask(const Node& node) {
    effort_.take(Effort::visit);
    if (depth_ > 0 || above_ == 0) take(node.leases);
    if (node.folder == nullptr || depth_ < above_ || is_done()) return;
    if (compiled_.size() >= compiled_max && !compiled_.contains(node.folder.get())) {
      compiled_.clear();
    }
    const auto [compiled, is_new] = compiled_.try_emplace(node.folder.get(), *node.folder, effort_);
    for (const Group* group : compiled->second.contending(segments_, depth_, effort_)) {
      take(group->leases);
    }
  }

  void take(const std::vector<const Lease*>& leases) {
    auto lease =
        std::lower_bound(leases.begin(), leases.end(), epochs_.before,
                         [](const Lease* one, Epoch before) { return one->epoch < before; });
    while (lease != leases.begin() && !is_done()) {
      --lease;
      effort_.take(found_.size() < at_most_ && at_most_ > 1 ? Effort::visit : 4);
      if ((*lease)->epoch < epochs_.from) return;
      if (asker_.contends_with(**lease)) found_.insert(*lease);
    }
  }

  // From the node of the literal part down, as far as the pattern's segments lead: what stands
  // below their last one contends, whatever it is.
  void descend(const Node& node) {
    const bool decided = depth_ == segments_.size();
    // Everything from here on down contends, and is taken once, however many paths lead here.
    if (decided && !taken_whole_.insert(&node).second) return;
    ask(node);
    if (!decided && !Segment::is_pattern(segments_[depth_])) {
      const auto child = node.children.find(segments_[depth_]);
      if (child != node.children.end() && !is_done()) descend_into(child->second);
      return;
    }
    for (const auto& [segment, child] : node.children) {
      if (is_done()) return;
      effort_.take(Effort::visit);
      if (decided) {
        take_all(child);
      } else if (meets(segment)) {
        descend_into(child);
      }
    }
  }

  void take_all(const Node& node) {
    ask(node);
    for (const auto& [segment, child] : node.children) {
      if (is_done()) return;
      effort_.take(Effort::visit);
      take_all(child);
    }
  }

  void descend_into(const Node& child) {
    ++depth_;
    descend(child);
    --depth_;
  }

  // Whether the segment of the path that is looked for meets this name.
  bool meets(std::string_view name) {
    auto own = own_.find(depth_);
    if (own == own_.end()) {
      own = own_.try_emplace(depth_, std::vector{segments_[depth_]}, effort_).first;
    }
    effort_.take(4 * Effort::visit);
    return own->second.meet(name, effort_).front();
  }

  static constexpr std::size_t compiled_max = 32;

  const Claimant& asker_;
  Effort& effort_;
  EpochRange epochs_;
  std::size_t at_most_;
  std::vector<std::string_view> segments_;  // Of the path that is looked for now.
  std::map<std::size_t, SegmentSet> own_;   // Those of them that are patterns, by their place.
  std::size_t depth_ = 0;                   // How many of them led to the node that is looked at.
  std::size_t above_ = 0;                   // How many of them lead to a worktree inside.
  std::map<const Folder*, Compiled> compiled_;
  std::set<const Node*> taken_whole_;
  std::set<const Lease*> found_;  // A lease is met once for each of its paths.
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
    const auto [folder, pattern] = split_path(path);
    erase(root->second, folder, pattern, lease);
  }
  const Node& node = root->second;
  if (!node.children.empty() || !node.leases.empty() || node.folder) return;
  nested_.remove(lease.worktree);
  worktrees_.erase(root);
}

void ScopeIndex::insert(Node& root, std::string_view path, const Lease& lease) {
  Node* node = &root;
  auto [rest, pattern] = split_path(path);
  while (!rest.empty()) {
    const std::string_view segment = take_segment(rest);
    auto child = node->children.find(segment);
    if (child == node->children.end()) {
      child = node->children.emplace(std::string(segment), Node{}).first;
    }
    node = &child->second;
  }
  if (pattern.empty()) return put_in(node->leases, lease);
  if (!node->folder) node->folder = std::make_unique<Folder>();
  insert_pattern(*node->folder, pattern, lease);
}

void ScopeIndex::insert_pattern(Folder& folder, std::string_view pattern, const Lease& lease) {
  auto group = folder.groups.find(pattern);
  if (group == folder.groups.end()) {
    group = folder.groups.emplace(std::string(pattern), Group{}).first;
    folder.bytes += pattern.size();
  }
  put_in(group->second.leases, lease);
  if (++group->second.owners[lease.owner] == 1) folder.bytes_of[lease.owner] += pattern.size();
}

void ScopeIndex::erase(Node& node, std::string_view rest, std::string_view pattern,
                       const Lease& lease) {
  if (!rest.empty()) {
    const auto child = node.children.find(take_segment(rest));
    SYNAPSE_ASSERT(child != node.children.end());
    erase(child->second, rest, pattern, lease);
    const Node& left = child->second;
    if (left.children.empty() && left.leases.empty() && !left.folder) node.children.erase(child);
    return;
  }
  if (pattern.empty()) return take_out(node.leases, lease);
  SYNAPSE_ASSERT(node.folder);
  erase_pattern(*node.folder, pattern, lease);
  if (node.folder->groups.empty()) node.folder.reset();
}

void ScopeIndex::erase_pattern(Folder& folder, std::string_view pattern, const Lease& lease) {
  const auto group = folder.groups.find(pattern);
  SYNAPSE_ASSERT(group != folder.groups.end());
  take_out(group->second.leases, lease);
  const auto owner = group->second.owners.find(lease.owner);
  if (--owner->second == 0) {
    group->second.owners.erase(owner);
    const auto share = folder.bytes_of.find(lease.owner);
    share->second -= pattern.size();
    if (share->second == 0) folder.bytes_of.erase(share);
  }
  if (!group->second.leases.empty()) return;
  folder.bytes -= pattern.size();
  folder.groups.erase(group);
}

const Lease* ScopeIndex::find_conflict(const std::string& worktree,
                                       const std::vector<std::string>& paths, const Claimant& asker,
                                       Effort& effort, EpochRange epochs) const {
  const std::vector<const Lease*> found = conflicts(worktree, paths, asker, effort, epochs, 1);
  return found.empty() ? nullptr : found.front();
}

std::vector<const Lease*> ScopeIndex::conflicts(const std::string& worktree,
                                                const std::vector<std::string>& paths,
                                                const Claimant& asker, Effort& effort,
                                                EpochRange epochs, std::size_t at_most) const {
  Search search(asker, effort, epochs, at_most);
  const Node* root = root_of(worktree);
  for (const std::string& path : scope_of(paths)) {
    if (root != nullptr && !search.is_done()) search.look(*root, path);
    look_inside(search, worktree, path);
  }
  for (const NestedWorktrees::Around& outer : nested_.around(worktree)) {
    const auto depth = std::count(outer.place.begin(), outer.place.end(), '/') + 1;
    for (const std::string& path : scope_of(paths)) {
      if (search.is_done()) break;
      const std::string there = path.empty() ? outer.place : outer.place + '/' + path;
      search.look(*root_of(*outer.worktree), there, static_cast<std::size_t>(depth));
    }
  }
  return search.found();
}

void ScopeIndex::look_inside(Search& search, const std::string& worktree,
                             std::string_view path) const {
  if (search.is_done()) return;
  nested_.inside(worktree, path, [&](const std::string& inner, std::string_view rest) {
    search.look(*root_of(inner), rest);
    return !search.is_done();
  });
}

const ScopeIndex::Node* ScopeIndex::root_of(const std::string& worktree) const {
  const auto root = worktrees_.find(worktree);
  return root == worktrees_.end() ? nullptr : &root->second;
}

std::optional<std::string> ScopeIndex::crowded_folder(const std::string& worktree,
                                                      const std::vector<std::string>& paths,
                                                      const AgentName& owner,
                                                      const Limits& limits) const {
  std::map<std::string_view, std::set<std::string_view>> wanted;
  for (const std::string& path : paths) {
    const auto [folder, pattern] = split_path(path);
    if (!pattern.empty()) wanted[folder].insert(pattern);
  }
  for (const auto& [name, patterns] : wanted) {
    const Node* node = root_of(worktree);
    for (std::string_view rest = name; !rest.empty() && node != nullptr;) {
      const auto child = node->children.find(take_segment(rest));
      node = child == node->children.end() ? nullptr : &child->second;
    }
    static const Folder none;
    const Folder& folder = node == nullptr || !node->folder ? none : *node->folder;
    std::size_t in_all = folder.bytes;
    const auto share = folder.bytes_of.find(owner);
    std::size_t own = share == folder.bytes_of.end() ? 0 : share->second;
    for (const std::string_view pattern : patterns) {
      const auto group = folder.groups.find(pattern);
      if (group == folder.groups.end()) in_all += pattern.size();
      if (group == folder.groups.end() || !group->second.owners.contains(owner)) {
        own += pattern.size();
      }
    }
    if (in_all > limits.pattern_bytes_per_folder || own > limits.pattern_bytes_per_agent) {
      return std::string(name);
    }
  }
  return std::nullopt;
}

}  // namespace synapse::core
