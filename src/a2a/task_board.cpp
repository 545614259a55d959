// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/task_board.hpp"

#include <algorithm>
#include <utility>

#include "a2a/task_codec.hpp"
#include "base/strings.hpp"
#include "wire/addressing.hpp"
#include "wire/task_marker.hpp"

namespace synapse::a2a {

namespace {

constexpr const char* restarted =
    "the bridge was started again while the task was open, so its answer may be lost; send the "
    "message again";
constexpr const char* pushed_out =
    "the bridge holds as many tasks as it may, and this was the oldest";

Error unknown(const std::string& id) {
  return fail(ErrorCode::unknown_task, "there is no task '" + id.substr(0, id_bytes_max) + "'");
}

std::size_t bytes_of(const Task& task) {
  std::size_t bytes = 512 + task.id.size() + task.target.size() + task.status_message.size();
  for (const std::string& name : task.asked) bytes += name.size();
  for (const std::string& message : task.history) bytes += message.size();
  for (const std::string& artifact : task.artifacts) bytes += artifact.size();
  for (const PushConfig& config : task.push_configs) {
    bytes += config.url.size() + config.token.size() + config.credentials.size();
  }
  for (const TaskEvent& event : task.events) bytes += event.json->size();
  return bytes;
}

template <class Item>
void keep_newest(std::vector<Item>& items, std::size_t count) {
  if (items.size() <= count) return;
  items.erase(items.begin(), items.end() - static_cast<std::ptrdiff_t>(count));
}

// Whether an answer may come from there.
bool is_given_to(const Task& task, const std::string& sender) {
  return wire::is_recipient(task.target, sender);
}

// The client's message as the task's history has it.
std::string message_of(const Task& task, const SendMessage& send) {
  Json message = send.message;
  message["taskId"] = task.id;
  message["contextId"] = task.context_id;
  return json_text(message);
}

bool is_wanted(const Task& task, const ListTasks& filter) {
  return !filter.no_task && (!filter.state || task.state == *filter.state) &&
         (filter.context_id.empty() || task.context_id == filter.context_id) &&
         (!filter.changed_since || task.updated_at >= *filter.changed_since);
}

}  // namespace

TaskBoard::TaskBoard(BoardLimits limits, BoardHooks hooks)
    : limits_(limits), hooks_(std::move(hooks)) {}

const Task& TaskBoard::add(const SendMessage& send, const std::string& target, Names asked,
                           Moment now) {
  Task made;
  made.id = hooks_.draw_id();
  made.context_id = send.context_id.empty() ? hooks_.draw_id() : send.context_id;
  made.target = target;
  made.asked = std::move(asked);
  made.created_at = made.updated_at = now.wall;
  made.born = ++last_birth_;
  made.history.push_back(message_of(made, send));
  if (send.push_config) {
    made.push_configs.push_back(*send.push_config);
    if (made.push_configs.back().id.empty()) made.push_configs.back().id = hooks_.draw_id();
  }
  Task& task = tasks_[made.id] = std::move(made);
  open_[task.born] = &task;
  auto& open_of = wire::is_group(task.target) ? open_of_group_ : open_of_agent_;
  open_of[task.target].insert(task.born);
  if (limits_.task_timeout) {
    task.deadline = now.mono + *limits_.task_timeout;
    deadlines_.insert({*task.deadline, task.born});
  }
  task.changed = ++last_change_;
  by_change_[task.changed] = &task;
  touched(task);
  make_room(task, now);
  return task;
}

Result<const Task*> TaskBoard::find_to_go_on(const SendMessage& send) const {
  const Result<const Task*> task = find(send.task_id);
  if (!task) return task;
  if (is_terminal((*task)->state)) {
    return fail(ErrorCode::illegal_transition, "the task is over, so nothing can be added to it: " +
                                                   std::string(name_of((*task)->state)));
  }
  if (!send.context_id.empty() && send.context_id != (*task)->context_id) {
    return fail(ErrorCode::bad_argument, "message.contextId is not that of the task");
  }
  return task;
}

void TaskBoard::go_on(const std::string& id, const SendMessage& send, Moment now) {
  Task* task = find_open(id);
  if (task == nullptr) return;
  task->history.push_back(message_of(*task, send));
  keep_newest(task->history, history_max);
  if (send.push_config) {
    PushConfig config = *send.push_config;
    // One more than a task may have is the client's to see, in the list of them.
    static_cast<void>(put_push_config(id, std::move(config)));
  }
  change(*task, TaskState::working, now);
  make_room(*task, now);
}

void TaskBoard::sent(const std::string& id, Moment now) {
  Task* task = find_open(id);
  if (task == nullptr || task->state != TaskState::submitted) return;
  change(*task, TaskState::working, now);
}

void TaskBoard::fail_task(const std::string& id, const std::string& why, Moment now) {
  if (Task* task = find_open(id)) finish(*task, TaskState::failed, why, now);
}

void TaskBoard::withdraw(const std::string& id) {
  if (Task* task = find_open(id)) forget(*task);
}

bool TaskBoard::hear(const HeardChat& chat, Moment now) {
  Task* task = answered_by(chat);
  if (task == nullptr) return false;
  const std::string reply = wire::without_markers(chat.text);
  task->status_message = agent_message_json(*task, hooks_.draw_id(), reply);
  task->history.push_back(task->status_message);
  keep_newest(task->history, history_max);
  task->artifacts.push_back(reply_artifact_json(*task, chat.sender, reply));
  keep_newest(task->artifacts, artifacts_max);
  log(*task, TaskEvent::Kind::artifact, artifact_event_json(*task, task->artifacts.back()));
  change(*task, TaskState::completed, now);
  make_room(*task, now);
  return true;
}

Task* TaskBoard::answered_by(const HeardChat& chat) {
  if (const auto marker = wire::find_marker(chat.text)) return marked(chat, *marker);
  // One that is no whole mark means a task, but does not say which one.
  if (chat.to != HeardChat::To::bridge || wire::has_marker(chat.text)) return nullptr;
  return only_task_of(chat.sender);
}

Task* TaskBoard::marked(const HeardChat& chat, const wire::TaskMarker& marker) {
  Task* task = find_open(marker.task_id);
  // Ids that this bridge drew have small letters alone.
  if (task == nullptr) task = find_open(base::to_lower(marker.task_id));
  if (task == nullptr || !is_given_to(*task, chat.sender)) return nullptr;
  const bool is_its_context = marker.context_id.empty() ||
                              base::to_lower(marker.context_id) == base::to_lower(task->context_id);
  return is_its_context ? task : nullptr;
}

// Null when it has none, or several, or was not there when that one was sent.
Task* TaskBoard::only_task_of(const std::string& agent) {
  std::size_t count = 0;
  std::uint64_t birth = 0;
  const auto add = [&count, &birth](const std::set<std::uint64_t>& births) {
    count += births.size();
    birth = *births.begin();
  };
  const std::string project(wire::project_of(agent));
  for (const std::string& name : Names{agent, project}) {
    if (const auto found = open_of_agent_.find(name); found != open_of_agent_.end()) {
      add(found->second);
    }
  }
  for (const auto& [target, births] : open_of_group_) {
    if (wire::is_recipient(target, agent)) add(births);
  }
  if (count != 1) return nullptr;
  Task* task = open_.at(birth);
  return task->asked.contains(agent) ? task : nullptr;
}

Result<const Task*> TaskBoard::cancel(const std::string& id, Moment now) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return unknown(id);
  Task& task = found->second;
  if (task.state == TaskState::canceled) return &task;
  if (is_terminal(task.state)) {
    return fail(ErrorCode::illegal_transition,
                "the task is over already: " + std::string(name_of(task.state)));
  }
  change(task, TaskState::canceled, now);
  return &task;
}

Result<const Task*> TaskBoard::find(const std::string& id) const {
  const auto found = tasks_.find(id);
  if (found == tasks_.end()) return unknown(id);
  return &found->second;
}

TaskBoard::Page TaskBoard::list(const ListTasks& filter) const {
  Page page;
  const std::size_t count = filter.page_size;
  std::size_t bytes = 0;
  bool is_full = false;
  for (auto at = by_change_.rbegin(); at != by_change_.rend(); ++at) {
    const Task& task = *at->second;
    if (!is_wanted(task, filter)) continue;
    ++page.total;
    if (is_full || (filter.before != 0 && task.changed >= filter.before)) continue;
    const bool fits = page.tasks.empty() || bytes + task.bytes <= limits_.page_bytes_max;
    if (page.tasks.size() == count || !fits) {
      is_full = true;
      page.next = page.tasks.back()->changed;
      continue;
    }
    bytes += task.bytes;
    page.tasks.push_back(&task);
  }
  return page;
}

Result<const PushConfig*> TaskBoard::put_push_config(const std::string& task_id,
                                                     PushConfig config) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return unknown(task_id);
  std::vector<PushConfig>& configs = found->second.push_configs;
  if (config.id.empty()) config.id = hooks_.draw_id();
  auto place = std::find_if(configs.begin(), configs.end(),
                            [&config](const PushConfig& other) { return other.id == config.id; });
  if (place == configs.end()) {
    if (configs.size() >= limits_.push_configs_max) {
      return fail(ErrorCode::bad_argument, "a task has " +
                                               std::to_string(limits_.push_configs_max) +
                                               " push notification configs at most");
    }
    place = configs.emplace(configs.end());
  }
  *place = std::move(config);
  touched(found->second);
  return &*place;
}

Result<const PushConfig*> TaskBoard::find_push_config(const std::string& task_id,
                                                      const std::string& id) const {
  const Result<const Task*> task = find(task_id);
  if (!task) return task.error();
  for (const PushConfig& config : (*task)->push_configs) {
    if (config.id == id) return &config;
  }
  return fail(ErrorCode::not_found,
              "the task has no push notification config '" + id.substr(0, id_bytes_max) + "'");
}

Result<bool> TaskBoard::delete_push_config(const std::string& task_id, const std::string& id) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return unknown(task_id);
  const bool was_there = std::erase_if(found->second.push_configs, [&id](const PushConfig& config) {
                           return config.id == id;
                         }) > 0;
  if (was_there) touched(found->second);
  return was_there;
}

void TaskBoard::tick(Moment now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.mono) {
    finish(*open_.at(deadlines_.begin()->second), TaskState::failed,
           "no answer came in time from " + open_.at(deadlines_.begin()->second)->target, now);
  }
  while (!terminal_.empty() &&
         terminal_.begin()->second->updated_at + limits_.retention <= now.wall) {
    forget(*terminal_.begin()->second);
  }
}

std::optional<Mono> TaskBoard::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

void TaskBoard::restore(Task restored, Moment now) {
  if (tasks_.contains(restored.id)) return;
  Task& task = tasks_[restored.id] = std::move(restored);
  keep_newest(task.history, history_max);
  keep_newest(task.artifacts, artifacts_max);
  keep_newest(task.push_configs, limits_.push_configs_max);
  task.born = ++last_birth_;
  task.changed = ++last_change_;
  by_change_[task.changed] = &task;
  touched(task);
  if (is_terminal(task.state)) {
    terminal_[task.changed] = &task;
  } else {
    open_[task.born] = &task;
    finish(task, TaskState::failed, restarted, now);
  }
  make_room(task, now);
}

std::vector<const Task*> TaskBoard::tasks() const {
  std::vector<const Task*> all;
  all.reserve(by_change_.size());
  for (const auto& [when, task] : by_change_) all.push_back(task);
  return all;
}

Task* TaskBoard::find_open(const std::string& id) {
  const auto found = tasks_.find(id);
  if (found == tasks_.end() || is_terminal(found->second.state)) return nullptr;
  return &found->second;
}

void TaskBoard::log(Task& task, TaskEvent::Kind kind, std::string json) {
  task.events.push_back(
      {kind, ++task.last_event, std::make_shared<const std::string>(std::move(json)), task.state});
  if (task.events.size() > limits_.events_max) task.events.pop_front();
  touched(task);
  hooks_.happened(task, task.events.back());
}

void TaskBoard::change(Task& task, TaskState state, Moment now) {
  // In the list of what is open it has its place by its birth, in the others by its last change.
  by_change_.erase(task.changed);
  task.changed = ++last_change_;
  by_change_[task.changed] = &task;
  task.state = state;
  task.updated_at = now.wall;
  if (is_terminal(state)) {
    close(task);
    terminal_[task.changed] = &task;
  }
  log(task, TaskEvent::Kind::status, status_event_json(task));
}

void TaskBoard::finish(Task& task, TaskState state, const std::string& why, Moment now) {
  task.status_message = agent_message_json(task, hooks_.draw_id(), why);
  change(task, state, now);
}

// It is no longer open.
void TaskBoard::close(Task& task) {
  open_.erase(task.born);
  task.asked.clear();
  if (task.deadline) deadlines_.erase({*task.deadline, task.born});
  for (auto* index : {&open_of_agent_, &open_of_group_}) {
    const auto births = index->find(task.target);
    if (births == index->end()) continue;
    births->second.erase(task.born);
    if (births->second.empty()) index->erase(births);
  }
}

void TaskBoard::touched(Task& task) {
  ++revision_;
  task.record.reset();
  bytes_ -= task.bytes;
  task.bytes = bytes_of(task);
  bytes_ += task.bytes;
}

void TaskBoard::forget(Task& task) {
  hooks_.forgotten(task);
  if (!is_terminal(task.state)) close(task);
  terminal_.erase(task.changed);
  by_change_.erase(task.changed);
  bytes_ -= task.bytes;
  ++revision_;
  tasks_.erase(std::string(task.id));
}

void TaskBoard::make_room(const Task& keep, Moment now) {
  while (tasks_.size() > limits_.tasks_max || (bytes_ > limits_.bytes_max && tasks_.size() > 1)) {
    const auto oldest = std::find_if(terminal_.begin(), terminal_.end(),
                                     [&keep](const auto& entry) { return entry.second != &keep; });
    if (oldest != terminal_.end()) {
      forget(*oldest->second);
      continue;
    }
    const auto open = std::find_if(open_.begin(), open_.end(),
                                   [&keep](const auto& entry) { return entry.second != &keep; });
    if (open == open_.end()) return;
    Task& task = *open->second;
    finish(task, TaskState::failed, pushed_out, now);
    forget(task);
  }
}

}  // namespace synapse::a2a
