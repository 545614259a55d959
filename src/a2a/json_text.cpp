// SPDX-License-Identifier: AGPL-3.0-or-later
#include "a2a/json_text.hpp"

#include "base/text.hpp"

namespace synapse::a2a {

namespace {

// A scan before anything is built, so that no hostile depth ever reaches the parser.
bool is_too_deep(std::string_view text, std::size_t depth_limit) {
  std::size_t depth = 0;
  bool is_in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_in_string) {
      if (c == '\\') ++i;
      if (c == '"') is_in_string = false;
    } else if (c == '"') {
      is_in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > depth_limit) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::size_t depth) {
  if (!base::is_valid_utf8(text)) {
    return fail(ErrorCode::invalid_utf8, "the body is not valid UTF-8");
  }
  if (is_too_deep(text, depth)) {
    return fail(ErrorCode::too_deep,
                "the body is nested deeper than " + std::to_string(depth) + " levels");
  }
  Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded()) {
    return fail(ErrorCode::malformed_json, "the body is not valid JSON");
  }
  return Result<Json>(boost::system::in_place_value, std::move(document));
}

std::string json_text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json& member(const Json& object, const char* name) {
  static const Json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
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
