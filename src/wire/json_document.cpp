// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/json_document.hpp"

#include "base/strings.hpp"
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

std::string json_text(const Json& document, JsonLayout layout) {
  const int indent = layout == JsonLayout::ascii_indented ? 2 : -1;
  return document.dump(indent, ' ', layout != JsonLayout::line, Json::error_handler_t::replace);
}

const Json& member(const Json& object, const char* name) {
  static const Json null;
  if (!object.is_object()) return null;
  const auto found = object.find(name);
  return found == object.end() ? null : *found;
}

const std::string& text_member(const Json& object, const char* name) {
  static const std::string blank;
  const Json& value = member(object, name);
  return value.is_string() ? value.get_ref<const std::string&>() : blank;
}

std::string id_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (value.is_number()) return json_text(value);
  return base::trimmed(text_member(object, name));
}

bool flag_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (value.is_number()) return value.get<double>() != 0;
  return value.is_boolean() && value.get<bool>();
}

std::uint64_t count_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  const bool is_whole =
      value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
  return is_whole ? value.get<std::uint64_t>() : 0;
}

double number_member(const Json& object, const char* name) {
  const Json& value = member(object, name);
  return value.is_number() ? value.get<double>() : 0;
}

std::vector<std::string> texts_member(const Json& object, const char* name) {
  std::vector<std::string> texts;
  const Json& list = member(object, name);
  if (!list.is_array()) return texts;
  for (const Json& item : list) {
    if (item.is_string()) texts.push_back(item.get<std::string>());
  }
  return texts;
}

std::string shown_text(const Json& value) {
  if (value.is_null()) return {};
  return value.is_string() ? value.get<std::string>() : json_text(value);
}

}  // namespace synapse::wire
