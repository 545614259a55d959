// SPDX-License-Identifier: AGPL-3.0-or-later
// Documents of JSON: text to a document and back, and the members of its objects. For all that
// comes from outside: frames of the hub, lines of MCP, bodies of A2A. Pure and total: any bytes
// give a document or an error, whatever is asked for has an answer, and nothing throws.
//
// What is made of typed values goes through JsonWriter; what the protocol coerces, through Fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::wire {

using Json = nlohmann::json;

inline constexpr std::size_t depth_max = 64;  // Levels of objects and arrays.

// Errors: invalid_utf8, too_deep, number_out_of_range, malformed_json; their messages say it of
// `what`.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::string_view what,
                                      std::size_t levels = depth_max);

// Text that is no UTF-8 is mended, for it can't be refused any more.
enum class JsonLayout { line, ascii_line, ascii_indented };
[[nodiscard]] std::string json_text(const Json& document, JsonLayout layout = JsonLayout::line);

// A member of an object, or null when there is none.
[[nodiscard]] const Json& member(const Json& object, const char* name);
// A member that is a text; blank when it is missing or of another kind.
[[nodiscard]] const std::string& text_member(const Json& object, const char* name);
// As the hub reads an identifier: trimmed, a number by its digits.
[[nodiscard]] std::string id_member(const Json& object, const char* name);
// True, or a number that is not 0.
[[nodiscard]] bool flag_member(const Json& object, const char* name);
// A whole number; 0 when it is missing, negative or of another kind.
[[nodiscard]] std::uint64_t count_member(const Json& object, const char* name);
// A number; 0 when it is missing or of another kind.
[[nodiscard]] double number_member(const Json& object, const char* name);
// The texts of a list; empty when there is none.
[[nodiscard]] std::vector<std::string> texts_member(const Json& object, const char* name);

// Any value, for people: a text as it is, nothing for null, else its JSON.
[[nodiscard]] std::string shown_text(const Json& value);

}  // namespace synapse::wire
