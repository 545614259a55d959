// SPDX-License-Identifier: AGPL-3.0-or-later
// Frames as this side makes and reads them: JSON objects, one a text frame (docs/protocol.md,
// Envelope). Nothing here throws.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "synapse/agent.hpp"
#include "wire/json_document.hpp"

namespace synapse::client {

using wire::count_member;
using wire::flag_member;
using wire::id_member;
using wire::member;
using wire::number_member;
using wire::text_member;

using SharedFrame = std::shared_ptr<const Json>;

// Null when the text is not a JSON object.
[[nodiscard]] SharedFrame parse_frame(std::string_view text);
// Errors: invalid_utf8, for text in it that the hub would not read as we meant it.
[[nodiscard]] Result<std::string> encode_frame(const Json& frame);

// The type as the hub reads it: trimmed, in lower case, `chat` when it is missing.
[[nodiscard]] std::string type_of(const Json& frame);

// The first frame of a connection: it binds the name, and says what the hub shall send. `instance`
// tells this agent from others of its name, so that it gets its name back after a lost connection.
[[nodiscard]] Json hello(const AgentOptions& options, const std::string& name,
                         const std::string& instance);
[[nodiscard]] Json heartbeat();
[[nodiscard]] Json claim_frame(const ClaimRequest& claim);

// Whether a frame is one that these options ask for. A hub that knows no `interest` sends all.
[[nodiscard]] bool is_wanted(const Json& frame, const AgentOptions& options, std::string_view name);

// Whether a refusal says nothing of what was asked, so that to ask again later is right: too many
// frames, or a hub that can't write just now.
[[nodiscard]] bool is_passing(const Json& refusal);

// The error that a frame of refusal tells of; `fallback` when it has no code that is known here.
[[nodiscard]] Error error_of(const Json& refusal, ErrorCode fallback);

}  // namespace synapse::client
