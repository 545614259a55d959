// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/json_document.hpp"

#include "base/utf8.hpp"

namespace synapse::wire {

namespace {

// Whether brackets outside of strings nest deeper than allowed: looked at before parsing, so that
// no hostile depth ever reaches the parser.
bool is_too_deep(std::string_view text, std::size_t levels) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > levels) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, std::size_t levels) {
  const auto refuse = [what](ErrorCode code, const std::string& why) {
    return fail(code, std::string(what) + why);
  };
  constexpr const char* malformed = " is not valid JSON";
  if (!base::is_valid_utf8(text)) return refuse(ErrorCode::invalid_utf8, " is not valid UTF-8");
  if (is_too_deep(text, levels)) {
    return refuse(ErrorCode::too_deep,
                  " is nested deeper than " + std::to_string(levels) + " levels");
  }
  // The library takes it for the end of the text, whatever follows.
  if (text.find('\0') != std::string_view::npos) {
    return refuse(ErrorCode::malformed_json, malformed);
  }
  try {
    // In place: the library's type converts from everything, which leaves a plain return ambiguous.
    return Result<Json>(boost::system::in_place_value, Json::parse(text));
  } catch (const Json::out_of_range&) {
    return refuse(ErrorCode::number_out_of_range, " has a number that is out of range");
  } catch (const Json::exception&) {
    return refuse(ErrorCode::malformed_json, malformed);
  }
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

}  // namespace synapse::wire
