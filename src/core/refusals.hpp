// SPDX-License-Identifier: AGPL-3.0-or-later
// What the refusals of claims and leases have in common. Private to core.
#pragma once

#include <string>
#include <vector>

#include "core/decision.hpp"

namespace synapse::core {

// 'T', as sentences name a task.
[[nodiscard]] std::string quoted(const TaskId& id);
// The files of a scope in a few words.
[[nodiscard]] std::string files_of(const std::vector<std::string>& paths);
// A length of time that is over, as people say it: "31 s", "12 min", "3 h", "2 days".
[[nodiscard]] std::string length_of(double seconds);
// A refusal because of a lease, with what a program needs to decide whether to wait.
[[nodiscard]] Refusal refuse_for(const Lease& lease, ErrorCode code, const TaskId& task_id,
                                 std::string message);

}  // namespace synapse::core
