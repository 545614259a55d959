// SPDX-License-Identifier: AGPL-3.0-or-later
// The shared plan: tasks with dependencies, and progress notes. It decides about its own commands
// (the machine asks) and holds what the events say.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <vector>

#include "core/command.hpp"
#include "core/decision.hpp"
#include "core/limits.hpp"

namespace synapse::core {

class Plan {
 public:
  Plan(std::size_t tasks_max, std::size_t progress_max);

  [[nodiscard]] Decision decide_declare(const AgentName& actor, const DeclarePlanTask& command,
                                        Moment now) const;
  [[nodiscard]] Decision decide_update(const UpdatePlanTask& command, Moment now) const;
  [[nodiscard]] static Decision decide_progress(const AgentName& actor, const PostProgress& command,
                                                Moment now);

  void put(PlanTask task);
  void add(ProgressNote note);

  [[nodiscard]] const std::map<TaskId, PlanTask>& tasks() const { return tasks_; }
  [[nodiscard]] const std::deque<ProgressNote>& progress() const { return progress_; }
  // The number of the oldest note that is kept: notes are numbered as they come, from 0.
  [[nodiscard]] std::uint64_t first_progress() const { return dropped_notes_; }
  // Open tasks whose every dependency is declared and done or cancelled, by id.
  [[nodiscard]] std::vector<TaskId> ready() const;

 private:
  friend struct MachineState;
  // `seen`: what was visited before without coming to `to`, so that many questions cost one walk.
  [[nodiscard]] bool reaches(const TaskId& from, const TaskId& to, std::set<TaskId>& seen) const;

  std::size_t tasks_max_;
  std::size_t progress_max_;
  std::map<TaskId, PlanTask> tasks_;
  std::deque<ProgressNote> progress_;
  std::uint64_t dropped_notes_ = 0;
};

}  // namespace synapse::core
