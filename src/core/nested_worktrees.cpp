// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/nested_worktrees.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "core/file_name.hpp"
#include "core/scope.hpp"

namespace synapse::core {

namespace {

// The segments of an absolute worktree, which is a name, however it reads; nothing: it takes no
// part.
std::optional<std::string> root_of(std::string_view worktree) {
  if (worktree.empty() || worktree.front() != '/') return std::nullopt;
  std::string root = normalise_path(quoted_path(worktree));
  while (root == ".." || root.starts_with("../")) root.erase(0, 3);  // Above `/` is `/`.
  const auto segments = static_cast<std::size_t>(std::count(root.begin(), root.end(), '/')) + 1;
  if (segments > NestedWorktrees::depth_max) return std::nullopt;
  return root;
}

}  // namespace

void NestedWorktrees::add(const std::string& worktree) {
  const std::optional<std::string> root = root_of(worktree);
  if (!root) return;
  Node* node = &top_;
  for (std::string_view rest = *root; !rest.empty();) {
    node = &node->children.try_emplace(std::string(take_segment(rest))).first->second;
  }
  node->worktrees.insert(worktree);
}

void NestedWorktrees::remove(const std::string& worktree) {
  if (const std::optional<std::string> root = root_of(worktree)) erase(top_, *root, worktree);
}

void NestedWorktrees::erase(Node& node, std::string_view rest, const std::string& worktree) {
  if (rest.empty()) {
    node.worktrees.erase(worktree);
    return;
  }
  const auto child = node.children.find(take_segment(rest));
  SYNAPSE_ASSERT(child != node.children.end());
  erase(child->second, rest, worktree);
  if (child->second.children.empty() && child->second.worktrees.empty()) node.children.erase(child);
}

const NestedWorktrees::Node* NestedWorktrees::find(std::string_view root) const {
  const Node* node = &top_;
  while (!root.empty()) {
    const auto child = node->children.find(take_segment(root));
    if (child == node->children.end()) return nullptr;
    node = &child->second;
  }
  return node;
}

bool NestedWorktrees::all_below(const Node& node, const Visit& visit) {
  for (const std::string& worktree : node.worktrees) {
    if (!visit(worktree, "")) return false;
  }
  return std::all_of(node.children.begin(), node.children.end(),
                     [&visit](const auto& child) { return all_below(child.second, visit); });
}

void NestedWorktrees::inside(const std::string& worktree, std::string_view path,
                             const Visit& visit) const {
  const std::optional<std::string> root = root_of(worktree);
  const Node* node = root ? find(*root) : nullptr;
  std::string_view literal = literal_part(path);
  const bool is_literal = literal.size() == path.size();
  if (node == nullptr || literal.empty()) return;
  std::size_t asked = 0;
  std::string_view rest = path;
  while (!literal.empty()) {
    take_segment(rest);
    const auto child = node->children.find(take_segment(literal));
    if (child == node->children.end()) return;
    node = &child->second;
    if (literal.empty() && is_literal) break;
    for (const std::string& one : node->worktrees) {
      if (++asked > asked_max || !visit(one, rest)) return;
    }
  }
  if (is_literal) all_below(*node, visit);
}

std::vector<NestedWorktrees::Around> NestedWorktrees::around(const std::string& worktree) const {
  std::vector<Around> found;
  const std::optional<std::string> root = root_of(worktree);
  if (!root) return found;
  const Node* node = &top_;
  for (std::string_view rest = *root; !rest.empty();) {
    for (const std::string& one : node->worktrees) found.push_back({&one, std::string(rest)});
    const auto child = node->children.find(take_segment(rest));
    if (child == node->children.end()) break;
    node = &child->second;
  }
  // The nearest ones are those that it is likely to be part of.
  if (found.size() > asked_max) {
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(asked_max));
  }
  return found;
}

}  // namespace synapse::core
