// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/json_text.hpp"

namespace synapse::a2a {

Result<Json> parse_json(std::string_view text, std::size_t depth) {
  return wire::parse_json(text, "the body", depth);
}

const Json& member(const Json& object, const char* name, const char* older) {
  const Json& found = member(object, name);
  return found.is_null() && older != nullptr ? member(object, older) : found;
}

Result<std::string> text_member(const Json& object, const char* name, const char* older,
                                const std::string& what) {
  const Json& value = member(object, name, older);
  if (value.is_null()) return std::string();
  if (!value.is_string()) return fail(ErrorCode::bad_argument, what + " must be a string");
  return value.get<std::string>();
}

}  // namespace synapse::a2a
