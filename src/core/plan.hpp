// SPDX-License-Identifier: AGPL-3.0-or-later
// The shared plan: tasks with dependencies, and progress notes. It decides about its own commands
// (the machine asks) and holds what the events say.
//
// Tasks and their dependencies are bounded in number and bytes, and what is too much is refused. A
// plan loses nothing by itself but tasks that are over: of those it keeps so many, and when it is
// full the oldest of them makes room for a new task. One that an unfinished task depends on stays.
// Of the notes the newest stay; an author that writes more than its share pushes out its own.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/command.hpp"
#include "core/decision.hpp"
#include "core/dependencies.hpp"
#include "core/limits.hpp"

namespace synapse::core {

class Plan {
 public:
  explicit Plan(const Limits& limits) : limits_(limits) {}

  [[nodiscard]] Decision decide_declare(const AgentName& actor, const DeclarePlanTask& command,
                                        Moment now, Effort& effort) const;
  [[nodiscard]] Decision decide_update(const UpdatePlanTask& command, Moment now) const;
  // Refused while a task that is not over depends on it.
  [[nodiscard]] Decision decide_forget(const ForgetPlanTask& command) const;
  [[nodiscard]] static Decision decide_progress(const AgentName& actor, const PostProgress& command,
                                                Moment now);

  void put(PlanTask task);
  void forget(const TaskId& task);  // Nothing happens if the plan has no such task.
  void add(ProgressNote note);
  // Of a plan from a log that knew no bounds: dependencies past theirs are dropped, and the task is
  // blocked rather than ready too early; then descriptions go, those of tasks that are over first,
  // then by age, and at last whole tasks. The number of tasks that lost something.
  std::size_t fit();

  [[nodiscard]] const std::map<TaskId, PlanTask>& tasks() const { return tasks_; }
  [[nodiscard]] const std::deque<ProgressNote>& progress() const { return progress_; }
  // The number of the oldest note that is kept: notes are numbered as they come, from 0, and one
  // that goes before an older one gives that its number.
  [[nodiscard]] std::uint64_t first_progress() const { return dropped_notes_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  // Open tasks whose every dependency is declared and done or cancelled, by id.
  [[nodiscard]] std::vector<const TaskId*> ready() const { return dependencies_.ready(); }
  [[nodiscard]] bool is_ready(const TaskId& task) const { return dependencies_.is_ready(task); }

 private:
  friend struct MachineState;
  // Why a task can't take the place of what the plan has under its id.
  [[nodiscard]] std::optional<Refusal> obstacle(const PlanTask& task) const;
  [[nodiscard]] std::optional<Refusal> dependency_obstacle(const TaskId& task,
                                                           const std::vector<TaskId>& on,
                                                           Effort& effort) const;
  // The task that is over and was changed the longest ago, of those that no unfinished task and
  // none of `needed` depends on; null if none of the oldest few is that.
  [[nodiscard]] const TaskId* dispensable(const std::vector<TaskId>& needed) const;
  void count_in(const PlanTask& task);
  void count_out(const PlanTask& task);
  void forget_note(std::deque<ProgressNote>::iterator note);
  void erase(const TaskId& task);
  std::size_t fit_dependencies();

  Limits limits_;
  std::map<TaskId, PlanTask> tasks_;
  Dependencies dependencies_;
  std::set<std::pair<double, TaskId>> over_;  // Tasks that are done or cancelled, by last change.
  std::size_t bytes_ = 0;
  std::map<std::string, std::size_t> bytes_of_;  // By the tasks' creators.
  std::deque<ProgressNote> progress_;
  std::uint64_t dropped_notes_ = 0;
  std::size_t progress_bytes_ = 0;
  std::map<std::string, std::size_t> progress_bytes_of_;  // By author.
};

}  // namespace synapse::core
