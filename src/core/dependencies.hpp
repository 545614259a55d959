// SPDX-License-Identifier: AGPL-3.0-or-later
// Which tasks of the plan wait for which, without circles. Belongs to Plan.
//
// Every task has a rank, above those of all that it depends on (Pearce and Kelly, "A dynamic
// topological sort algorithm for directed acyclic graphs", 2006). A circle can only be closed by a
// dependency of a higher rank, and only tasks ranked between the two have to be looked at. Plans
// are declared in about the order of their dependencies, so mostly that is nobody. A walk visits
// each edge once, whatever the number of new dependencies.
//
// A task may depend on one that is yet to be declared: that has a rank, too.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/ids.hpp"
#include "core/effort.hpp"

namespace synapse::core {

class Dependencies {
 public:
  // The first of these that itself depends, at whatever remove, on the task; null if none does.
  [[nodiscard]] const TaskId* closes_circle(const TaskId& task, const std::vector<TaskId>& on,
                                            Effort& effort) const;

  // What a declared task depends on from now on. What would close a circle is left out: nobody gets
  // it past closes_circle(), but a log may say anything.
  void set(const TaskId& task, const std::vector<TaskId>& on);
  // Nobody waits for a task that is over, and for any other everybody who depends on it does.
  enum class Stage { open, under_way, over };
  void mark(const TaskId& task, Stage stage);
  // The task is not declared any more.
  void erase(const TaskId& task);

  // Open tasks whose every dependency is declared and over, by id.
  [[nodiscard]] std::vector<const TaskId*> ready() const;
  [[nodiscard]] bool is_ready(const TaskId& task) const;
  // A declared task that is not over and depends on this one; null if there is none.
  [[nodiscard]] const TaskId* waiting_for(const TaskId& task) const;
  // Of the task, and of all.
  [[nodiscard]] std::size_t count_of(const TaskId& task) const;
  [[nodiscard]] std::size_t count() const { return count_; }

 private:
  struct Node {
    std::int64_t rank = 0;
    std::vector<Node*> needs;
    std::set<Node*> needed_by;
    std::size_t unmet = 0;  // How many of `needs` are not over.
    bool is_declared = false;
    Stage stage = Stage::open;
    mutable std::uint64_t seen = 0;  // The last walk that came here.
    std::map<TaskId, Node>::iterator self;
  };

  [[nodiscard]] const Node* find(const TaskId& task) const;
  [[nodiscard]] static bool is_ready(const Node& node);
  Node& place(const TaskId& task, std::int64_t rank);
  void link(Node& task, Node& need);
  void unlink(Node& task);
  // Whom nobody knows any more.
  void forget(const std::vector<Node*>& nodes);
  // The task and all that depends on it, up to this rank.
  std::vector<const Node*> above(const Node& task, std::int64_t up_to, Effort& effort) const;
  // These and all that they depend on, down to this rank.
  [[nodiscard]] std::vector<const Node*> below(const std::vector<Node*>& tasks,
                                               std::int64_t down_to) const;
  // Shares the ranks of all these out anew, the first of them first.
  static void rank(std::vector<const Node*> first, std::vector<const Node*> then);

  std::map<TaskId, Node> nodes_;
  std::size_t count_ = 0;
  std::int64_t lowest_ = 0;
  std::int64_t highest_ = 0;
  mutable std::uint64_t walk_ = 0;
};

}  // namespace synapse::core
