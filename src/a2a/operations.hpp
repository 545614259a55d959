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
    when_over,  // When the task is.
    at_once,    // As soon as the hub has sent the message on.
    stream,     // Both, and what comes between.
  };
  Answer answer = Answer::when_over;
  Json message;            // What A2A knows of it; its ids are filled in when the task is known.
  std::string task_id;     // The task that it goes on with; blank: a new one.
  std::string context_id;  // Blank: to be drawn, or the task's.
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
  static constexpr std::size_t page_size_max = 100;

  std::optional<TaskState> state;
  bool no_task = false;                 // Of a state that no task here is ever in.
  std::string context_id;               // Blank: any.
  std::optional<double> changed_since;  // Seconds since 1970.
  std::size_t page_size = 50;           // At most, as far as they fit.
  std::uint64_t before = 0;             // The page's token; 0: from the newest on.
  std::optional<std::size_t> history_length;
  Artifacts artifacts = Artifacts::leave_out;
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
  std::string task_id;
};
struct DeletePushConfig {
  std::string task_id;
  std::string id;
};

using Operation = std::variant<ShowCard, ShowExtendedCard, SendMessage, GetTask, ListTasks,
                               CancelTask, SubscribeToTask, CreatePushConfig, GetPushConfig,
                               ListPushConfigs, DeletePushConfig>;

}  // namespace synapse::a2a
