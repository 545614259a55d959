// SPDX-License-Identifier: AGPL-3.0-or-later
// What a client can ask of the bridge, as data: routes and rpc make operations from checked
// requests, the bridge performs them. The same for both bindings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "a2a/json_text.hpp"
#include "a2a/task.hpp"

namespace synapse::a2a {

struct ShowCard {};
struct ShowExtendedCard {};

struct SendMessage {
  enum class Answer {
    at_once,    // As soon as the hub has sent the message on.
    when_over,  // When the task is.
    stream,     // Both, and what comes between.
  };
  Answer answer = Answer::at_once;
  Json message;            // As it came; its ids are filled in when the task is made.
  std::string task_id;     // Blank: to be drawn.
  std::string context_id;  // The same.
  std::string target;      // Blank: the bridge's own choice.
  std::string text;        // For the target, with no marker in it.
  std::optional<std::size_t> history_length;
  std::optional<PushConfig> push_config;
};

struct GetTask {
  std::string id;
  std::optional<std::size_t> history_length;
};

struct ListTasks {
  enum class Artifacts { show, leave_out };
  std::optional<TaskState> state;
  std::string context_id;                // Blank: any.
  std::optional<double> changed_since;   // Seconds since 1970.
  std::optional<std::size_t> page_size;  // Nothing: as many as fit.
  std::uint64_t before = 0;              // The page's token; 0: from the newest on.
  std::optional<std::size_t> history_length;
  Artifacts artifacts = Artifacts::show;
};

struct CancelTask {
  std::string id;
};

struct SubscribeToTask {
  std::string id;
  // The last event that the client has; nothing: the task as it stands, and then what is new.
  std::optional<std::uint64_t> last_event;
};

struct CreatePushConfig {
  std::string task_id;
  PushConfig config;
};
struct GetPushConfig {
  std::string task_id;
  std::string id;
};
struct ListPushConfigs {
  enum class Shape { object, array };  // The older JSON-RPC method answers with the bare list.
  std::string task_id;
  Shape shape = Shape::object;
};
struct DeletePushConfig {
  std::string task_id;
  std::string id;
};

using Operation = std::variant<ShowCard, ShowExtendedCard, SendMessage, GetTask, ListTasks,
                               CancelTask, SubscribeToTask, CreatePushConfig, GetPushConfig,
                               ListPushConfigs, DeletePushConfig>;

}  // namespace synapse::a2a
