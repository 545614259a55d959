// SPDX-License-Identifier: AGPL-3.0-or-later
// The machine's values as JSON objects, the same in frames and in the event log: those with a
// description by write(), and chat.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/entry.hpp"
#include "core/model.hpp"
#include "wire/json_document.hpp"
#include "wire/record_writer.hpp"

namespace synapse::wire {

// A chat's body that names no sender, with one: for a socket that spoke under the name it has.
[[nodiscard]] std::string with_sender(const std::string& body, const AgentName& sender);

// Sixteen hex digits.
[[nodiscard]] std::string digest_text(std::string_view request);
// The idem_key of a chat's body; blank if it has none.
[[nodiscard]] std::string chat_key(const Json& body);
// What tells a chat that is sent again from another: its body without what may differ.
[[nodiscard]] std::string chat_digest(const Json& body);

// Members joined to the end of an object, both as text.
[[nodiscard]] std::string with_members(std::string_view object, std::string_view members);
// A chat's body without what the hub says of a message in a list of messages: nobody is to take its
// author's word for the hub's.
[[nodiscard]] SharedText in_own_words(const SharedText& body);
// A chat's body that is too large to be told whole: its addresses, and the beginning of its
// payload.
[[nodiscard]] std::string shortened(std::string_view body);
// What a chat says, and which message it answers (0: none).
struct Said {
  std::string text;
  MessageId in_reply_to;
};
[[nodiscard]] Said said_in(std::string_view body);
// The body of a chat that is said again to one agent.
[[nodiscard]] std::string readdressed(std::string_view body, const AgentName& target,
                                      MessageId retry_of);
// The body of a chat by which the hub tells a sender what became of its messages.
[[nodiscard]] std::string notice_body(const core::MailNotice& notice);

// The chat frame as it is broadcast, kept and logged: the sender's own fields, then the hub's.
[[nodiscard]] std::string chat_frame(const core::ChatMessage& message);
// The body of a message, from the frame that chat_frame() made of it; nothing if it made another.
// `frame` is JSON, and `message` may lack its body.
[[nodiscard]] std::optional<std::string> body_of_frame(std::string_view frame,
                                                       const core::ChatMessage& message);

}  // namespace synapse::wire
