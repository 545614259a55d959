// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/plan.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace synapse::core {

namespace {

bool is_over(PlanStatus status) {
  return status == PlanStatus::done || status == PlanStatus::cancelled;
}

std::vector<TaskId> clean_dependencies(const DeclarePlanTask& command) {
  std::vector<TaskId> clean;
  std::set<TaskId> seen;
  for (const TaskId& raw : command.depends_on) {
    TaskId one(base::trim(raw.text));
    if (one.empty() || one == command.task_id) continue;
    if (seen.insert(one).second) clean.push_back(std::move(one));
  }
  return clean;
}

}  // namespace

Plan::Plan(std::size_t tasks_max, std::size_t progress_max)
    : tasks_max_(tasks_max), progress_max_(progress_max) {}

Decision Plan::decide_declare(const AgentName& actor, const DeclarePlanTask& command,
                              Moment now) const {
  const TaskId& id = command.task_id;
  if (id.empty()) {
    return Refusal(ErrorCode::blank_task_id, id, "A plan task needs a task_id; give it one.");
  }
  if (command.title.empty()) {
    return Refusal(ErrorCode::blank_title, id,
                   "Plan task '" + id.text + "' needs a title; give it one.");
  }
  const auto known = tasks_.find(id);
  if (known == tasks_.end() && tasks_.size() >= tasks_max_) {
    return Refusal(ErrorCode::plan_full, id,
                   "The plan already holds " + std::to_string(tasks_max_) + " tasks.");
  }
  PlanTask task;
  if (known != tasks_.end()) {
    task = known->second;
  } else {
    task.task_id = id;
    task.created_by = actor.text;
    task.created_at = now.wall;
  }
  task.depends_on = clean_dependencies(command);
  std::set<TaskId> seen;
  for (const TaskId& dependency : task.depends_on) {
    if (reaches(dependency, id, seen)) {
      return Refusal(ErrorCode::dependency_cycle, id,
                     "Plan task '" + id.text + "' can't depend on '" + dependency.text +
                         "', which already depends on it; drop one of the two.");
    }
  }
  task.title = command.title;
  task.description = command.description;
  task.suggested_owner = command.suggested_owner;
  task.updated_at = now.wall;
  return Event(PlanTaskDeclared{std::move(task)});
}

Decision Plan::decide_update(const UpdatePlanTask& command, Moment now) const {
  const auto known = tasks_.find(command.task_id);
  if (known == tasks_.end()) {
    return Refusal(
        ErrorCode::unknown_task, command.task_id,
        "The plan has no task '" + command.task_id.text + "'; declare it with ledger_task first.");
  }
  PlanTask task = known->second;
  if (command.status) {
    const std::optional<PlanStatus> status = plan_status(*command.status);
    if (!status) {
      return Refusal(ErrorCode::unknown_status, command.task_id,
                     "'" + *command.status +
                         "' is no plan status; use open, in_progress, blocked, done or cancelled.");
    }
    task.status = *status;
  }
  if (command.suggested_owner) task.suggested_owner = *command.suggested_owner;
  task.updated_at = now.wall;
  return Event(PlanTaskUpdated{std::move(task)});
}

Decision Plan::decide_progress(const AgentName& actor, const PostProgress& command, Moment now) {
  const std::optional<ProgressKind> kind = progress_kind(command.kind);
  if (!kind) {
    return Refusal(
        ErrorCode::unknown_kind, command.task_id,
        "'" + command.kind + "' is no kind of progress; use note, blocked or assessment.");
  }
  return Event(ProgressPosted{{command.task_id, actor.text, *kind, command.text, now.wall}});
}

void Plan::put(PlanTask task) {
  TaskId id = task.task_id;
  tasks_.insert_or_assign(std::move(id), std::move(task));
}

void Plan::add(ProgressNote note) {
  progress_.push_back(std::move(note));
  if (progress_.size() <= progress_max_) return;
  progress_.pop_front();
  ++dropped_notes_;
}

std::vector<TaskId> Plan::ready() const {
  std::vector<TaskId> ready;
  for (const auto& [id, task] : tasks_) {
    if (task.status != PlanStatus::open) continue;
    const bool free = std::all_of(task.depends_on.begin(), task.depends_on.end(),
                                  [this](const TaskId& dependency) {
                                    const auto found = tasks_.find(dependency);
                                    return found != tasks_.end() && is_over(found->second.status);
                                  });
    if (free) ready.push_back(id);
  }
  return ready;
}

bool Plan::reaches(const TaskId& from, const TaskId& to, std::set<TaskId>& seen) const {
  std::vector<TaskId> open;
  const auto visit = [&](const TaskId& id) {
    if (seen.insert(id).second) open.push_back(id);
  };
  visit(from);
  while (!open.empty()) {
    const TaskId id = std::move(open.back());
    open.pop_back();
    if (id == to) return true;
    const auto task = tasks_.find(id);
    if (task == tasks_.end()) continue;
    for (const TaskId& next : task->second.depends_on) visit(next);
  }
  return false;
}

}  // namespace synapse::core
