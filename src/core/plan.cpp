// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/plan.hpp"

#include <algorithm>
#include <set>

#include "base/strings.hpp"
#include "core/footprint.hpp"

namespace synapse::core {

namespace {

bool is_over(PlanStatus status) {
  return status == PlanStatus::done || status == PlanStatus::cancelled;
}

Dependencies::Stage stage_of(PlanStatus status) {
  if (is_over(status)) return Dependencies::Stage::over;
  return status == PlanStatus::open ? Dependencies::Stage::open : Dependencies::Stage::under_way;
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

// The entry of a sum that is gone again once it is nothing.
void take_from(std::map<std::string, std::size_t>& sums, const std::string& key,
               std::size_t bytes) {
  const auto sum = sums.find(key);
  sum->second -= bytes;
  if (sum->second == 0) sums.erase(sum);
}

std::string mebibytes(std::size_t bytes) { return std::to_string(bytes / mebibyte) + " MiB"; }

}  // namespace

Decision Plan::decide_declare(const AgentName& actor, const DeclarePlanTask& command, Moment now,
                              Effort& effort) const {
  const TaskId& id = command.task_id;
  if (id.empty()) {
    return Refusal(ErrorCode::blank_task_id, id, "A plan task needs a task_id; give it one.");
  }
  if (command.title.empty()) {
    return Refusal(ErrorCode::blank_title, id,
                   "Plan task '" + id.text + "' needs a title; give it one.");
  }
  // Before anything is done with them one by one.
  if (command.depends_on.size() > limits_.dependencies_per_task) {
    return Refusal(ErrorCode::dependency_quota, id,
                   "Plan task '" + id.text + "' depends on more than " +
                       std::to_string(limits_.dependencies_per_task) +
                       " others; put tasks in between.");
  }
  std::vector<TaskId> depends_on = clean_dependencies(command);
  const auto known = tasks_.find(id);
  const bool is_full = known == tasks_.end() && tasks_.size() >= limits_.plan_tasks_max;
  const TaskId* const oldest = is_full ? dispensable(depends_on) : nullptr;
  if (is_full && oldest == nullptr) {
    return Refusal(ErrorCode::plan_full, id,
                   "The plan already holds " + std::to_string(limits_.plan_tasks_max) +
                       " tasks, and needs them all; forget some with ledger_forget.");
  }
  PlanTask task;
  if (known != tasks_.end()) {
    task = known->second;
  } else {
    task.task_id = id;
    task.created_by = actor.text;
    task.created_at = now.wall;
  }
  task.depends_on = std::move(depends_on);
  if (auto refusal = dependency_obstacle(id, task.depends_on, effort)) return std::move(*refusal);
  task.title = command.title;
  task.description = command.description;
  task.suggested_owner = command.suggested_owner;
  task.updated_at = now.wall;
  if (auto refusal = obstacle(task)) return std::move(*refusal);
  Decision decision;
  if (oldest != nullptr) decision.events.emplace_back(PlanTaskForgotten{*oldest});
  decision.events.emplace_back(PlanTaskDeclared{std::move(task)});
  return decision;
}

std::optional<Refusal> Plan::dependency_obstacle(const TaskId& task, const std::vector<TaskId>& on,
                                                 Effort& effort) const {
  const std::size_t others = dependencies_.count() - dependencies_.count_of(task);
  if (others + on.size() > limits_.dependencies_max) {
    return Refusal(ErrorCode::dependency_quota, task,
                   "The plan already has " + std::to_string(others) + " dependencies, of " +
                       std::to_string(limits_.dependencies_max) + " that it may have.");
  }
  if (const TaskId* back = dependencies_.closes_circle(task, on, effort)) {
    return Refusal(ErrorCode::dependency_cycle, task,
                   "Plan task '" + task.text + "' can't depend on '" + back->text +
                       "', which already depends on it; drop one of the two.");
  }
  return std::nullopt;
}

std::optional<Refusal> Plan::obstacle(const PlanTask& task) const {
  const auto known = tasks_.find(task.task_id);
  const std::size_t before = known == tasks_.end() ? 0 : footprint(known->second);
  const std::size_t bytes = footprint(task);
  // What shrinks a plan is welcome however full it is.
  if (bytes <= before) return std::nullopt;
  if (bytes_ - before + bytes > limits_.plan_bytes_max) {
    return Refusal(ErrorCode::plan_full, task.task_id,
                   "The plan already holds " + mebibytes(limits_.plan_bytes_max) +
                       "; make its descriptions shorter.");
  }
  const auto share = bytes_of_.find(task.created_by);
  const std::size_t held = share == bytes_of_.end() ? 0 : share->second;
  if (held - before + bytes > limits_.plan_bytes_per_agent) {
    return Refusal(ErrorCode::bytes_quota, task.task_id,
                   task.created_by + " already has tasks of " +
                       mebibytes(limits_.plan_bytes_per_agent) +
                       " on the plan; make their descriptions shorter.");
  }
  return std::nullopt;
}

Decision Plan::decide_update(const UpdatePlanTask& command, Moment now) const {
  const auto known = tasks_.find(command.task_id);
  if (known == tasks_.end()) {
    return Refusal(ErrorCode::unknown_task, command.task_id,
                   "The plan has no task '" + command.task_id.text + "'; declare it first.");
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
  if (auto refusal = obstacle(task)) return std::move(*refusal);
  Decision decision(Event(PlanTaskUpdated{std::move(task)}));
  const bool becomes_over = is_over(std::get<PlanTaskUpdated>(decision.events[0]).task.status) &&
                            !is_over(known->second.status);
  if (becomes_over && over_.size() >= limits_.plan_done_max) {
    const TaskId* oldest = dispensable({});
    if (oldest != nullptr) decision.events.emplace_back(PlanTaskForgotten{*oldest});
  }
  return decision;
}

Decision Plan::decide_forget(const ForgetPlanTask& command) const {
  const TaskId& id = command.task_id;
  if (!tasks_.contains(id)) {
    return Refusal(ErrorCode::unknown_task, id, "The plan has no task '" + id.text + "'.");
  }
  // That would never be ready.
  if (const TaskId* waiting = dependencies_.waiting_for(id)) {
    return Refusal(ErrorCode::illegal_transition, id,
                   "Plan task '" + id.text + "' can't be forgotten while '" + waiting->text +
                       "' depends on it; finish that first, or declare it without.");
  }
  return Event(PlanTaskForgotten{id});
}

const TaskId* Plan::dispensable(const std::vector<TaskId>& needed) const {
  std::size_t looked_at = 0;
  constexpr std::size_t few = 64;
  for (const auto& [changed, id] : over_) {
    if (++looked_at > few) break;
    const bool is_needed = std::find(needed.begin(), needed.end(), id) != needed.end();
    if (!is_needed && dependencies_.waiting_for(id) == nullptr) return &id;
  }
  return nullptr;
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
  const auto known = tasks_.find(task.task_id);
  if (known == tasks_.end()) {
    dependencies_.set(task.task_id, task.depends_on);
  } else {
    count_out(known->second);
    if (known->second.depends_on != task.depends_on) {
      dependencies_.set(task.task_id, task.depends_on);
    }
  }
  dependencies_.mark(task.task_id, stage_of(task.status));
  count_in(task);
  TaskId id = task.task_id;
  tasks_.insert_or_assign(std::move(id), std::move(task));
}

void Plan::count_in(const PlanTask& task) {
  const std::size_t bytes = footprint(task);
  bytes_ += bytes;
  bytes_of_[task.created_by] += bytes;
  if (is_over(task.status)) over_.emplace(task.updated_at, task.task_id);
}

void Plan::count_out(const PlanTask& task) {
  const std::size_t bytes = footprint(task);
  bytes_ -= bytes;
  take_from(bytes_of_, task.created_by, bytes);
  over_.erase({task.updated_at, task.task_id});
}

void Plan::add(ProgressNote note) {
  const std::string author = note.author;
  const std::size_t bytes = footprint(note);
  progress_bytes_ += bytes;
  progress_bytes_of_[author] += bytes;
  progress_.push_back(std::move(note));
  while (progress_.size() > limits_.progress_max ||
         (progress_bytes_ > limits_.progress_bytes_max && progress_.size() > 1)) {
    forget_note(progress_.begin());
  }
  while (progress_bytes_of_[author] > limits_.progress_bytes_per_agent && progress_.size() > 1) {
    const auto oldest = std::find_if(progress_.begin(), progress_.end(),
                                     [&](const auto& one) { return one.author == author; });
    if (oldest == std::prev(progress_.end())) break;  // The new one alone is more than that.
    forget_note(oldest);
  }
}

void Plan::forget_note(std::deque<ProgressNote>::iterator note) {
  const std::size_t bytes = footprint(*note);
  progress_bytes_ -= bytes;
  take_from(progress_bytes_of_, note->author, bytes);
  progress_.erase(note);
  ++dropped_notes_;
}

void Plan::forget(const TaskId& task) {
  if (tasks_.contains(task)) erase(task);
}

void Plan::erase(const TaskId& task) {
  const auto found = tasks_.find(task);
  count_out(found->second);
  dependencies_.erase(task);
  tasks_.erase(found);
}

std::size_t Plan::fit_dependencies() {
  std::set<TaskId> changed;
  for (const std::size_t kept : {limits_.dependencies_per_task, std::size_t{0}}) {
    std::vector<TaskId> order;
    for (const auto& [id, task] : tasks_) {
      if (task.depends_on.size() > kept) order.push_back(id);
    }
    for (const TaskId& id : order) {
      if (dependencies_.count() <= limits_.dependencies_max) return changed.size();
      PlanTask less = tasks_.at(id);
      less.depends_on.resize(kept);
      if (less.status == PlanStatus::open) less.status = PlanStatus::blocked;
      put(std::move(less));
      changed.insert(id);
    }
  }
  return changed.size();
}

std::size_t Plan::fit() {
  std::size_t changed = fit_dependencies();
  if (bytes_ <= limits_.plan_bytes_max) return changed;
  std::vector<TaskId> order;
  for (const auto& [id, task] : tasks_) order.push_back(id);
  std::stable_sort(order.begin(), order.end(), [this](const TaskId& a, const TaskId& b) {
    const PlanTask& one = tasks_.at(a);
    const PlanTask& other = tasks_.at(b);
    if (is_over(one.status) != is_over(other.status)) return is_over(one.status);
    return one.updated_at < other.updated_at;
  });
  for (const TaskId& id : order) {
    if (bytes_ <= limits_.plan_bytes_max) return changed;
    PlanTask task = tasks_.at(id);
    if (task.description.empty()) continue;
    task.description.clear();
    put(std::move(task));
    ++changed;
  }
  for (const TaskId& id : order) {
    if (bytes_ <= limits_.plan_bytes_max) return changed;
    erase(id);
    ++changed;
  }
  return changed;
}

}  // namespace synapse::core
