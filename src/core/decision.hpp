// SPDX-License-Identifier: AGPL-3.0-or-later
// What decide() answers: events to apply, or a refusal that says what a program needs to react to
// it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "core/event.hpp"

namespace synapse::core {

struct Refusal {
  Error error;
  std::optional<TaskId> task_id;
  std::optional<AgentName> holder;
  std::optional<TaskId> conflict_task_id;
  std::optional<double> lease_expires_at;  // Wall seconds: when the lease in the way ends.
  std::optional<double> lapsed_at;         // Wall seconds: when the agent's own lease ran out.
  std::optional<Epoch> current_epoch;
  std::optional<Version> current_version;
  std::vector<std::string> reasons;         // Of a rejected finding.
  std::optional<AgentName> suggested_name;  // A free one, in place of one that is in use.

  explicit Refusal(Error why) : error(std::move(why)) {}
  Refusal(ErrorCode code, std::string message) : error{code, std::move(message)} {}
  Refusal(ErrorCode code, TaskId task, std::string message)
      : error{code, std::move(message)}, task_id(std::move(task)) {}
};

struct Decision {
  std::vector<Event> events;
  std::optional<Refusal> refusal;

  Decision() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a decision is one of three things, and reads so.
  Decision(Event event) { events.push_back(std::move(event)); }
  // NOLINTNEXTLINE(google-explicit-constructor)
  Decision(Refusal why) : refusal(std::move(why)) {}
};

}  // namespace synapse::core
