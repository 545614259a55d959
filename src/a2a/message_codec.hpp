// SPDX-License-Identifier: AGPL-3.0-or-later
// A client's message as A2A 1.0 knows it: what goes into a task's history, and out again to clients
// that refuse fields which they don't know. Pure.
#pragma once

#include <string_view>

#include "a2a/json_text.hpp"

namespace synapse::a2a {

[[nodiscard]] bool is_base64(std::string_view text);

// Of a message that was checked (body_codec.hpp).
[[nodiscard]] Json known_message(const Json& message);

}  // namespace synapse::a2a
