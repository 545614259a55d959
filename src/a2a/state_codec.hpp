// SPDX-License-Identifier: AGPL-3.0-or-later
// What the bridge keeps over a restart, as text: one JSON document,
//
//   {"version": 1, "tasks": [TASK, …]}     the task that changed longest ago first
//   TASK: id, contextId, target, state, createdAt, updatedAt, statusMessage, history, artifacts,
//         pushConfigs
//
// Pure. Reading is strict: a file of another kind must never be taken for an empty one, since the
// next save would wipe it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/task.hpp"
#include "base/error.hpp"

namespace synapse::a2a {

using StateRecord = std::shared_ptr<const std::string>;

// Made anew only if the task has changed since the last time.
[[nodiscard]] StateRecord state_record(const Task& task);
[[nodiscard]] std::string state_text(const std::vector<StateRecord>& records);

// Errors: corrupt, which says what is wrong.
[[nodiscard]] Result<std::vector<Task>> read_state(std::string_view text);

}  // namespace synapse::a2a
