// SPDX-License-Identifier: AGPL-3.0-or-later
// The machine's values as JSON objects, the same in frames and in the event log: those with a
// description by write(), and chat.
#pragma once

#include <string>

#include "core/model.hpp"
#include "wire/json_document.hpp"
#include "wire/record_writer.hpp"

namespace synapse::wire {

// A chat's body that names no sender, with one: for a socket that spoke under the name it has.
[[nodiscard]] std::string with_sender(const std::string& body, const AgentName& sender);

// Sixteen hex digits.
[[nodiscard]] std::string digest_text(const Json& request);
// The idem_key of a chat's body; blank if it has none.
[[nodiscard]] std::string chat_key(const Json& body);
// What tells a chat that is sent again from another: its body without what may differ.
[[nodiscard]] std::string chat_digest(const Json& body);

// The chat frame as it is broadcast, kept and logged: the sender's own fields, then the hub's.
[[nodiscard]] std::string chat_frame(const core::ChatMessage& message);

}  // namespace synapse::wire
