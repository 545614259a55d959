// SPDX-License-Identifier: AGPL-3.0-or-later
// Clients' JSON as operations, checked: what the A2A 1.0 specification has in the bodies of its
// HTTP binding and in the params of its JSON-RPC binding, which are the same objects, in the usual
// spelling (proto_json.hpp). Pure and total.
//
// Errors are bad_argument, or field_too_long for what is too much; their messages say which field.
#pragma once

#include <string>
#include <string_view>

#include "a2a/operations.hpp"
#include "base/error.hpp"

namespace synapse::a2a {

inline constexpr std::size_t body_bytes_max = 1UL << 20U;
inline constexpr std::size_t parts_max = 64;
// A message's text as JSON: with what is around it, it is to fit into a frame of a hub with the
// default --max-msg-kb.
inline constexpr std::size_t text_bytes_max = (1UL << 20U) - (16UL << 10U);

// Of the message only what A2A knows is kept, since it goes out again to clients that refuse what
// they don't know.
[[nodiscard]] Result<SendMessage> read_send(const Json& body, SendMessage::Answer answer);
// Whether the answers that are given here will do for a client that says what it takes.
[[nodiscard]] bool can_meet_modes(const Json& body);
[[nodiscard]] Result<PushConfig> read_push_config(const Json& body);
// Of tasks/list; in a query all values are texts, so numbers are read from those as well.
[[nodiscard]] Result<ListTasks> read_list(const Json& params);
// A whole number from 0 on; nothing when it is missing.
[[nodiscard]] Result<std::optional<std::size_t>> read_count(const Json& params, const char* name);
// An id in a body: not blank, of the characters that ids have.
[[nodiscard]] Result<std::string> read_id(const Json& params, const char* name);

// As the target is told: texts, data as JSON, files by what they are called. No marker in it.
[[nodiscard]] std::string rendered(const Json& parts);

}  // namespace synapse::a2a
