// SPDX-License-Identifier: AGPL-3.0-or-later
// What the bridge keeps over a restart, as text: one JSON document,
//
//   {"version": 1, "tasks": [TASK, …],     the task that changed longest ago first
//    "webhooks": [WEBHOOK, …]}             those that the last run did not get to send
//   TASK: id, contextId, target, state, createdAt, updatedAt, statusMessage, history, artifacts,
//         pushConfigs
//   WEBHOOK: url, authorization, token, body
//
// Pure. Reading is strict: a file of another kind must never be taken for an empty one, since the
// next save would wipe it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "a2a/task.hpp"
#include "a2a/webhook.hpp"
#include "base/error.hpp"

namespace synapse::a2a {

using StateRecord = std::shared_ptr<const std::string>;

// Made anew only if the task has changed since the last time.
[[nodiscard]] StateRecord state_record(const Task& task);
[[nodiscard]] StateRecord state_record(const Webhook& webhook);

struct StateDraft {
  std::vector<StateRecord> tasks;
  std::vector<StateRecord> webhooks;
};
[[nodiscard]] std::string state_text(const StateDraft& draft);

struct SavedState {
  std::vector<Task> tasks;
  std::vector<Webhook> webhooks;
};
// Errors: corrupt, which says what is wrong.
[[nodiscard]] Result<SavedState> read_state(std::string_view text);

}  // namespace synapse::a2a
