// SPDX-License-Identifier: AGPL-3.0-or-later
// What clients ask about the bridge's tasks, and change in them, without anybody on the bus.
#include "a2a/bridge.hpp"
#include "wire/json_writer.hpp"

namespace synapse::a2a {

void Bridge::list(const ListTasks& filter, Answer& answer) {
  const TaskBoard::Page page = board_.list(filter);
  wire::JsonWriter json;
  json.begin_object().key("tasks").begin_array();
  for (const Task* task : page.tasks) {
    json.raw(task_json(*task, {filter.history_length, filter.artifacts}));
  }
  json.end_array()
      .field("nextPageToken", page.next == 0 ? std::string() : std::to_string(page.next))
      .field("pageSize", static_cast<std::uint64_t>(page.tasks.size()))
      .field("totalSize", static_cast<std::uint64_t>(page.total))
      .end_object();
  answer.result(json.take());
}

void Bridge::cancel(const std::string& id, const std::shared_ptr<Answer>& answer) {
  const Result<const Task*> task = board_.cancel(id, clock_.now());
  if (!task) return answer->problem(problem_of(task.error()));
  result_when_saved(answer, task_json(**task));
}

void Bridge::create_push_config(CreatePushConfig create, const std::shared_ptr<Answer>& answer) {
  const auto made = board_.put_push_config(create.task_id, std::move(create.config));
  if (!made) return answer->problem(problem_of(made.error()));
  result_when_saved(answer, push_config_json(**board_.find(create.task_id), **made));
}

void Bridge::list_push_configs(const ListPushConfigs& asked, Answer& answer) {
  const Result<const Task*> task = board_.find(asked.task_id);
  if (!task) return answer.problem(problem_of(task.error()));
  wire::JsonWriter list;
  list.begin_array();
  for (const PushConfig& config : (*task)->push_configs) {
    list.raw(push_config_json(**task, config));
  }
  list.end_array();
  wire::JsonWriter json;
  json.begin_object().key("configs").raw(list.text()).field("nextPageToken", "").end_object();
  answer.result(json.take());
}

void Bridge::delete_push_config(const DeletePushConfig& asked,
                                const std::shared_ptr<Answer>& answer) {
  const Result<bool> was_there = board_.delete_push_config(asked.task_id, asked.id);
  if (!was_there) return answer->problem(problem_of(was_there.error()));
  result_when_saved(answer, "{}");
}

}  // namespace synapse::a2a
