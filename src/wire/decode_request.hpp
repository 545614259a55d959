// SPDX-License-Identifier: AGPL-3.0-or-later
// What an agent asks: the fields of each message type. Private to wire.
#pragma once

#include <string>
#include <variant>

#include "wire/fields.hpp"
#include "wire/inbound.hpp"

namespace synapse::wire {

using Body = std::variant<core::Command, Query>;

// Takes out of a chat's object what the hub stamps and what must never leave it.
[[nodiscard]] Body decode_request(const std::string& type, const Fields& fields, Json& object);

}  // namespace synapse::wire
