// SPDX-License-Identifier: AGPL-3.0-or-later
// JSON as this bridge reads and writes it: wire's, and what A2A needs on top. Pure and total.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "wire/json_document.hpp"

namespace synapse::a2a {

using wire::depth_max;
using wire::Json;
using wire::json_text;
using wire::member;

// Errors: those of wire::parse_json().
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::size_t depth = depth_max);

// With a second name: the older one, which counts when the first is missing.
[[nodiscard]] const Json& member(const Json& object, const char* name, const char* older);

// A member that is a string; blank when it is missing or null. Errors: bad_argument, naming `what`.
[[nodiscard]] Result<std::string> text_member(const Json& object, const char* name,
                                              const char* older, const std::string& what);

}  // namespace synapse::a2a
