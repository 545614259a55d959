// SPDX-License-Identifier: AGPL-3.0-or-later
// Calls as frames to the hub, and the hub's frames as outcomes and changes (docs/protocol.md,
// Messages). Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "client/frames.hpp"
#include "mcp/calls.hpp"
#include "synapse/agent.hpp"

namespace synapse::mcp {

// Files as the hub compares them: a worktree, and paths that begin at its top.
struct ClaimScope {
  std::string worktree;
  std::vector<std::string> paths;
  std::vector<std::string> not_there = {};  // Given paths of which not even the folder is there.
};

[[nodiscard]] Json frame_of(const Call& call);
// The messages that an `inbox_snapshot` returned, as `msg_ids`.
[[nodiscard]] std::vector<std::uint64_t> message_ids(const Json& inbox_snapshot);
[[nodiscard]] Json claim_frame(const std::string& task_id, const ClaimScope& scope,
                               std::chrono::seconds ttl);

// `me`: the name that the agent goes by, which its model must know to tell its own claims.
[[nodiscard]] Outcome outcome_of(const Call& call, const Reply& reply, const std::string& me);
[[nodiscard]] Outcome refused(std::string text);
// No answer came: nobody knows whether the hub did it.
[[nodiscard]] Outcome unanswered(const Call& call, const Error& why);

// An id in a sentence.
[[nodiscard]] inline std::string quoted(const std::string& id) { return "'" + id + "'"; }
// The sentence of a refusal, which says who holds what.
[[nodiscard]] std::string refusal_text(const Json& frame);

// What the agent must be sent for changes() to see what there is to see.
[[nodiscard]] std::vector<std::string> broadcast_types();
// The resources that read differently since that frame.
[[nodiscard]] std::vector<Resource> changes(const Json& frame);

using client::text_member;
using wire::texts_member;

}  // namespace synapse::mcp
