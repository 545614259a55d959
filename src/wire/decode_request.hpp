// SPDX-License-Identifier: AGPL-3.0-or-later
// What an agent asks: the fields of each message type. Private to wire.
#pragma once

#include <string>
#include <variant>

#include "wire/fields.hpp"
#include "wire/inbound.hpp"

namespace synapse::wire {

using Body = std::variant<core::Command, Query>;

// `object`, which only a chat needs: what the hub stamps and what must never leave it is taken out.
[[nodiscard]] Body decode_request(const std::string& type, const Fields& fields, Json* object);

}  // namespace synapse::wire
