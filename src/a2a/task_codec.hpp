// SPDX-License-Identifier: AGPL-3.0-or-later
// Tasks and what happens to them as A2A's JSON. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "a2a/operations.hpp"
#include "a2a/task.hpp"

namespace synapse::a2a {

// How much of a task is shown.
struct TaskView {
  std::optional<std::size_t> history_length;  // The newest so many; nothing: all.
  ListTasks::Artifacts artifacts = ListTasks::Artifacts::show;
};

[[nodiscard]] std::string task_json(const Task& task, const TaskView& view = {});

// StreamResponses: {"task": …}, {"statusUpdate": …}, {"artifactUpdate": …}.
[[nodiscard]] std::string task_event_json(const Task& task, const TaskView& view = {});
[[nodiscard]] std::string status_event_json(const Task& task);
[[nodiscard]] std::string artifact_event_json(const Task& task, std::string_view artifact);

// A message of the bridge's own, and a reply as an artifact.
[[nodiscard]] std::string agent_message_json(const Task& task, std::string_view message_id,
                                             std::string_view text);
[[nodiscard]] std::string reply_artifact_json(const Task& task, std::string_view sender,
                                              std::string_view text);

// Without its secrets: whoever may see it has no use for them.
[[nodiscard]] std::string push_config_json(const Task& task, const PushConfig& config);

// As RFC 3339 has it, in UTC with milliseconds.
[[nodiscard]] std::string timestamp_text(double wall);
[[nodiscard]] std::optional<double> read_timestamp(std::string_view text);

}  // namespace synapse::a2a
