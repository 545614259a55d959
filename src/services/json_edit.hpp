// SPDX-License-Identifier: AGPL-3.0-or-later
// Changes to a JSON text that somebody else owns: what is not changed stays byte for byte, with
// comments, blanks and line ends. Reads JSON with comments and trailing commas, as settings files
// have them; whether the program that they belong to takes those is its own affair. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::services {

// A value and where it stands in the text.
struct JsonNode {
  enum class Kind { object, array, text, other };

  Kind kind = Kind::other;
  std::size_t begin = 0;
  std::size_t end = 0;              // Behind its last byte.
  std::vector<std::string> keys;    // Of an object, beside `children`.
  std::vector<std::size_t> starts;  // Where each child begins, its key included.
  std::vector<JsonNode> children;
  bool has_trailing_comma = false;

  // Null: there is none of that name, or it is no object.
  [[nodiscard]] const JsonNode* find(std::string_view key) const;
  [[nodiscard]] std::string_view in(std::string_view text) const {
    return text.substr(begin, end - begin);
  }
};

// Errors: malformed_json, too_deep.
[[nodiscard]] Result<JsonNode> read_json_places(std::string_view text);

// With one more child at the end of this object or array: `"key": value` or a value.
[[nodiscard]] std::string with_child(std::string_view text, const JsonNode& parent,
                                     std::string_view child, std::string_view indent);
// Without one child, and the comma that went with it.
[[nodiscard]] std::string without_child(std::string_view text, const JsonNode& parent,
                                        std::size_t index);

}  // namespace synapse::services
