// SPDX-License-Identifier: AGPL-3.0-or-later
// Text to JSON and back, for all that comes from outside: frames of the hub, lines of MCP, bodies
// of A2A. Pure and total: any bytes give a document or an error, and nothing throws.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace synapse::wire {

using Json = nlohmann::json;

inline constexpr std::size_t depth_max = 64;  // Levels of objects and arrays.

// Errors: invalid_utf8, too_deep, number_out_of_range, malformed_json; their messages say it of
// `what`.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::string_view what,
                                      std::size_t levels = depth_max);

// On one line. Text that is no UTF-8 is mended, for it can't be refused any more.
[[nodiscard]] std::string json_text(const Json& document);

// A member of an object, or null when there is none.
[[nodiscard]] const Json& member(const Json& object, const char* name);

}  // namespace synapse::wire
