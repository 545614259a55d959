// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/dependencies.hpp"

#include <algorithm>
#include <limits>

namespace synapse::core {

const Dependencies::Node* Dependencies::find(const TaskId& task) const {
  const auto found = nodes_.find(task);
  return found == nodes_.end() ? nullptr : &found->second;
}

Dependencies::Node& Dependencies::place(const TaskId& task, std::int64_t rank) {
  const auto [found, is_new] = nodes_.try_emplace(task);
  Node& node = found->second;
  if (is_new) {
    node.rank = rank;
    node.self = found;
    lowest_ = std::min(lowest_, rank);
    highest_ = std::max(highest_, rank);
  }
  return node;
}

const TaskId* Dependencies::closes_circle(const TaskId& task, const std::vector<TaskId>& on,
                                          Effort& effort) const {
  const Node* node = find(task);
  if (node == nullptr || node->needed_by.empty()) return nullptr;
  std::int64_t highest = node->rank;
  for (const TaskId& id : on) {
    const Node* need = find(id);
    effort.take(Effort::visit);
    if (need != nullptr) highest = std::max(highest, need->rank);
  }
  if (highest == node->rank) return nullptr;
  (void)above(*node, highest, effort);
  for (const TaskId& id : on) {
    const Node* need = find(id);
    if (need != nullptr && need->seen == walk_) return &id;
  }
  return nullptr;
}

void Dependencies::set(const TaskId& task, const std::vector<TaskId>& on) {
  Node& node = place(task, highest_ + 1);
  node.is_declared = true;
  std::vector<Node*> needs;
  std::int64_t highest = node.rank;
  for (const TaskId& id : on) {
    if (id == task) continue;
    // One that nobody knew yet depends on nothing: it may stand before all others.
    needs.push_back(&place(id, lowest_ - 1));
    highest = std::max(highest, needs.back()->rank);
  }
  const std::vector<Node*> before = node.needs;
  unlink(node);
  if (highest > node.rank) {
    Effort effort(std::numeric_limits<std::size_t>::max());
    std::vector<const Node*> after = above(node, highest, effort);
    std::erase_if(needs, [this](const Node* need) { return need->seen == walk_; });
    rank(below(needs, node.rank), std::move(after));
  }
  for (Node* need : needs) link(node, *need);
  forget(before);
}

void Dependencies::link(Node& task, Node& need) {
  if (!need.needed_by.insert(&task).second) return;
  task.needs.push_back(&need);
  if (need.stage != Stage::over) ++task.unmet;
  ++count_;
}

void Dependencies::unlink(Node& task) {
  for (Node* need : task.needs) need->needed_by.erase(&task);
  count_ -= task.needs.size();
  task.needs.clear();
  task.unmet = 0;
}

void Dependencies::forget(const std::vector<Node*>& nodes) {
  for (const Node* node : nodes) {
    if (!node->is_declared && node->needed_by.empty()) nodes_.erase(node->self);
  }
}

std::vector<const Dependencies::Node*> Dependencies::above(const Node& task, std::int64_t up_to,
                                                           Effort& effort) const {
  ++walk_;
  task.seen = walk_;
  std::vector<const Node*> found{&task};
  for (std::size_t i = 0; i < found.size(); ++i) {
    effort.take(Effort::visit * found[i]->needed_by.size());
    for (const Node* next : found[i]->needed_by) {
      if (next->rank > up_to || next->seen == walk_) continue;
      next->seen = walk_;
      found.push_back(next);
    }
  }
  return found;
}

std::vector<const Dependencies::Node*> Dependencies::below(const std::vector<Node*>& tasks,
                                                           std::int64_t down_to) const {
  ++walk_;
  std::vector<const Node*> found;
  const auto visit = [&](const Node* node) {
    if (node->rank < down_to || node->seen == walk_) return;
    node->seen = walk_;
    found.push_back(node);
  };
  for (const Node* task : tasks) visit(task);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (const Node* next : found[i]->needs) visit(next);
  }
  return found;
}

void Dependencies::rank(std::vector<const Node*> first, std::vector<const Node*> then) {
  const auto by_rank = [](const Node* a, const Node* b) { return a->rank < b->rank; };
  std::sort(first.begin(), first.end(), by_rank);
  std::sort(then.begin(), then.end(), by_rank);
  first.insert(first.end(), then.begin(), then.end());
  std::vector<std::int64_t> ranks;
  for (const Node* node : first) ranks.push_back(node->rank);
  std::sort(ranks.begin(), ranks.end());
  for (std::size_t i = 0; i < first.size(); ++i) first[i]->self->second.rank = ranks[i];
}

void Dependencies::mark(const TaskId& task, Stage stage) {
  Node& node = nodes_.at(task);
  const bool was_over = node.stage == Stage::over;
  node.stage = stage;
  if (was_over == (stage == Stage::over)) return;
  for (Node* waiting : node.needed_by) {
    if (was_over) {
      ++waiting->unmet;
    } else {
      --waiting->unmet;
    }
  }
}

void Dependencies::erase(const TaskId& task) {
  mark(task, Stage::open);
  set(task, {});
  Node& node = nodes_.at(task);
  node.is_declared = false;
  forget({&node});
}

bool Dependencies::is_ready(const Node& node) {
  return node.is_declared && node.stage == Stage::open && node.unmet == 0;
}

bool Dependencies::is_ready(const TaskId& task) const {
  const Node* node = find(task);
  return node != nullptr && is_ready(*node);
}

std::vector<const TaskId*> Dependencies::ready() const {
  std::vector<const TaskId*> ready;
  for (const auto& [id, node] : nodes_) {
    if (is_ready(node)) ready.push_back(&id);
  }
  return ready;
}

const TaskId* Dependencies::waiting_for(const TaskId& task) const {
  const Node* node = find(task);
  if (node == nullptr) return nullptr;
  const Node* first = nullptr;  // By id: the nodes' order is that of their addresses.
  for (const Node* other : node->needed_by) {
    if (!other->is_declared || other->stage == Stage::over) continue;
    if (first == nullptr || other->self->first < first->self->first) first = other;
  }
  return first == nullptr ? nullptr : &first->self->first;
}

std::size_t Dependencies::count_of(const TaskId& task) const {
  const Node* node = find(task);
  return node == nullptr ? 0 : node->needs.size();
}

}  // namespace synapse::core
