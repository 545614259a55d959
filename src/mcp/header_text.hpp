// SPDX-License-Identifier: AGPL-3.0-or-later
// Values of headers that hold text which HTTP's headers can't: `=?base64?…?=` (the Model Context
// Protocol's page Transports, 2026-07-28). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace synapse::mcp {

// The value without the white space around it, decoded where it is encoded. Nothing for a broken
// encoding.
[[nodiscard]] std::optional<std::string> header_text(std::string_view value);

}  // namespace synapse::mcp
