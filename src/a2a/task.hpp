// SPDX-License-Identifier: AGPL-3.0-or-later
// A task as the A2A protocol has it: one message of a client, and what became of it. Plain data;
// who may change it when is task_board's.
//
// Messages and artifacts are kept as JSON texts and not as documents: they were checked when they
// came in, are never looked into again, and go out often.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "wire/task_marker.hpp"

namespace synapse::a2a {

// What task, context and config ids are made of, so that they stand in a URL and in a mark as they
// are.
inline constexpr std::size_t id_bytes_max = wire::marker_id_bytes_max;
inline constexpr std::size_t history_max = 64;    // Messages of a task, the newest.
inline constexpr std::size_t artifacts_max = 64;  // The same of artifacts.

enum class TaskState { submitted, working, completed, failed, canceled, rejected };

// TASK_STATE_…
[[nodiscard]] std::string_view name_of(TaskState state);
[[nodiscard]] std::optional<TaskState> find_state(std::string_view name);
[[nodiscard]] bool is_terminal(TaskState state);

// Where a client wants to be told of a task's changes.
struct PushConfig {
  std::string id;
  std::string url;
  std::string token;  // Comes back with each notification; blank: none.
  std::string scheme;
  std::string credentials;  // With its scheme, the Authorization; blank: none.
};

// One entry of a task's log: what streams carry. Numbered from 1 in each task.
struct TaskEvent {
  enum class Kind { status, artifact };
  Kind kind = Kind::status;
  std::uint64_t number = 0;
  std::shared_ptr<const std::string> json;  // A StreamResponse.
  TaskState state = TaskState::submitted;   // Of the task, after it.
};

struct Task {
  std::string id;
  std::string context_id;
  std::string target;  // Whom on the bus it was given to.
  TaskState state = TaskState::submitted;
  std::string status_message;  // JSON; blank: none.
  std::vector<std::string> history;
  std::vector<std::string> artifacts;
  double created_at = 0;  // Seconds since 1970.
  double updated_at = 0;

  std::vector<PushConfig> push_configs;

  // Of this run of the bridge only.
  // The agents named by its target that were online when its message was sent; none if that went
  // to all.
  std::set<std::string, std::less<>> asked;
  std::deque<TaskEvent> events;
  std::uint64_t last_event = 0;
  std::uint64_t born = 0;     // The order in which tasks were made …
  std::uint64_t changed = 0;  // … and in which they changed last.
  std::optional<Mono> deadline;
  std::size_t bytes = 0;
  // As the state file has it; made when it is asked for, null once something has changed.
  mutable std::shared_ptr<const std::string> record;
};

}  // namespace synapse::a2a
