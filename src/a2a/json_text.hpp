// SPDX-License-Identifier: AGPL-3.0-or-later
// JSON as this bridge reads and writes it. Pure and total: any bytes give a document or an error,
// and nothing throws.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace synapse::a2a {

using Json = nlohmann::json;

inline constexpr std::size_t depth_max = 64;

// Errors: invalid_utf8, too_deep, malformed_json.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::size_t depth = depth_max);
// Compact. Text that is no UTF-8 is mended, for it can't be refused any more.
[[nodiscard]] std::string json_text(const Json& document);

// A member of an object, or null when there is none. With a second name: the older one, which
// counts when the first is missing.
[[nodiscard]] const Json& member(const Json& object, const char* name);
[[nodiscard]] const Json& member(const Json& object, const char* name, const char* older);

// A member that is a string; blank when it is missing or null. Errors: bad_argument, naming `what`.
[[nodiscard]] Result<std::string> text_member(const Json& object, const char* name,
                                              const char* older, const std::string& what);

}  // namespace synapse::a2a
