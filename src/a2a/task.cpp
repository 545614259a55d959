// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/task.hpp"

#include <algorithm>
#include <array>

namespace synapse::a2a {

namespace {

constexpr std::array<std::string_view, 6> names{"TASK_STATE_SUBMITTED", "TASK_STATE_WORKING",
                                                "TASK_STATE_COMPLETED", "TASK_STATE_FAILED",
                                                "TASK_STATE_CANCELED",  "TASK_STATE_REJECTED"};

}  // namespace

std::string_view name_of(TaskState state) { return names[static_cast<std::size_t>(state)]; }

std::optional<TaskState> find_state(std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<TaskState>(found - names.begin());
}

bool is_terminal(TaskState state) {
  return state != TaskState::submitted && state != TaskState::working;
}

}  // namespace synapse::a2a
