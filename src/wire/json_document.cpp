// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/json_document.hpp"

#include <charconv>
#include <system_error>

#include "base/strings.hpp"
#include "base/utf8.hpp"

namespace synapse::wire {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// The whole number at the front of a text, if that is one and fits no integer type: the library
// would make a float of it, which is another number.
bool is_too_wide(std::string_view text) {
  const std::size_t end = text.find_first_not_of("0123456789", text.front() == '-' ? 1 : 0);
  if (end != std::string_view::npos && (text[end] == '.' || text[end] == 'e' || text[end] == 'E')) {
    return false;
  }
  text = text.substr(0, end);
  const char* const last = text.data() + text.size();
  if (text.front() == '-') {
    std::int64_t number = 0;
    return std::from_chars(text.data(), last, number).ec == std::errc::result_out_of_range;
  }
  std::uint64_t number = 0;
  return std::from_chars(text.data(), last, number).ec == std::errc::result_out_of_range;
}

enum class Shape { good, too_deep, too_wide };

// What the parser must not see, or would read as something else, outside of strings: brackets that
// nest deeper than allowed, and integers of more than 64 bits.
Shape shape_of(std::string_view text, std::size_t levels) {
  constexpr std::size_t surely_fits = 18;  // Digits.
  std::size_t depth = 0;
  std::size_t digits = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    digits = !in_string && c >= '0' && c <= '9' ? digits + 1 : 0;
    if (digits == surely_fits + 1) {
      std::size_t first = i - surely_fits;
      const bool is_fraction = first > 0 && text[first - 1] == '.';
      if (first > 0 && text[first - 1] == '-') --first;
      if (!is_fraction && is_too_wide(text.substr(first))) return Shape::too_wide;
    }
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > levels) return Shape::too_deep;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return Shape::good;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what, std::size_t levels) {
  const auto refuse = [what](ErrorCode code, const std::string& why) {
    return fail(code, std::string(what) + why);
  };
  constexpr const char* malformed = " is not valid JSON";
  if (!base::is_valid_utf8(text)) return refuse(ErrorCode::invalid_utf8, " is not valid UTF-8");
  constexpr const char* out_of_range = " has a number that is out of range";
  switch (shape_of(text, levels)) {
    case Shape::good:
      break;
    case Shape::too_deep:
      return refuse(ErrorCode::too_deep,
                    " is nested deeper than " + std::to_string(levels) + " levels");
    case Shape::too_wide:
      return refuse(ErrorCode::number_out_of_range, out_of_range);
  }
  // The library takes a zero for the end of the text, whatever follows, and passes over a mark.
  if (text.find('\0') != std::string_view::npos || text.starts_with(byte_order_mark)) {
    return refuse(ErrorCode::malformed_json, malformed);
  }
  try {
    // In place: the library's type converts from everything, which leaves a plain return ambiguous.
    return Result<Json>(boost::system::in_place_value, Json::parse(text));
  } catch (const Json::out_of_range&) {
    return refuse(ErrorCode::number_out_of_range, out_of_range);
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
