// SPDX-License-Identifier: AGPL-3.0-or-later
// What the demos share: agents that ask only for what their story needs, and answers that end it
// when they are not what the story says.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "synapse/agent.hpp"

namespace synapse::cli {

[[nodiscard]] AgentOptions demo_agent(const std::string& uri, const std::string& name);

[[nodiscard]] ClaimRequest demo_claim(const std::string& task_id, std::vector<std::string> paths);

// The answer's frame, or why the demo can't go on.
[[nodiscard]] Result<std::shared_ptr<const Json>> granted(const Result<Reply>& reply);

// The hub's words of a refusal; an Error when there was none.
[[nodiscard]] Result<std::string> refused(const Result<Reply>& reply);

}  // namespace synapse::cli
