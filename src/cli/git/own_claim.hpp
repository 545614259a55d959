// SPDX-License-Identifier: AGPL-3.0-or-later
// What a claim by its own owner does to the claim that it replaces: a lease is not made shorter
// unasked, and files are not given up without a word.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

// The agent's live claim of the task, as the hub shows it; nothing: it has none. The agent is
// connected. An Error: the hub gave no answer.
[[nodiscard]] Result<std::optional<Json>> find_own_claim(Agent& agent, const std::string& owner,
                                                         const std::string& task_id);

// Adds what the claim covers to the request. An Error: it is a claim in another worktree.
[[nodiscard]] Result<> add_files_of(const Json& claim, ClaimRequest& request);

// Lets the lease last at least as long as it would have.
void keep_length_of(const Context& context, const Json& claim, ClaimRequest& request);

// The files of the claim that the request no longer covers, as paths of their worktree.
[[nodiscard]] std::vector<std::string> given_up(const Json& claim, const ClaimRequest& request);

}  // namespace synapse::cli
