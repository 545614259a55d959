// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/fields.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/strings.hpp"

namespace synapse::wire {

namespace {

// Saturates: an absurd epoch must stay one that is not the current one, and not become none.
std::int64_t truncate(double number) {
  using Limits = std::numeric_limits<std::int64_t>;
  constexpr double edge = 0x1p63;
  if (number >= edge) return Limits::max();
  if (number < -edge) return Limits::min();
  return static_cast<std::int64_t>(number);
}

std::optional<double> parse_number(std::string_view text) {
  text = base::trim(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!std::isfinite(number)) return std::nullopt;  // It reads "inf" and "nan" too.
  return number;
}

}  // namespace

bool is_blank(const Json& value) {
  switch (value.type()) {
    case Json::value_t::null:
      return true;
    case Json::value_t::boolean:
      return !value.get<bool>();
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return value.get<double>() == 0;
    case Json::value_t::string:
    case Json::value_t::array:
    case Json::value_t::object:
    case Json::value_t::binary:
    case Json::value_t::discarded:
      break;
  }
  if (value.is_string()) return value.get_ref<const std::string&>().empty();
  return value.empty();
}

std::string as_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return json_text(value);
}

const Json& Fields::at(const char* name) const {
  static const Json missing;
  if (plain_ != nullptr) {
    const PlainObject::Member* const member = plain_->find(name);
    return member == nullptr ? missing : made_.emplace_front(plain_->json(*member));
  }
  const auto found = object_->find(name);
  return found == object_->end() ? missing : *found;
}

const PlainObject::Member* Fields::plain_text(const char* name) const {
  if (plain_ == nullptr) return nullptr;
  const PlainObject::Member* const member = plain_->find(name);
  return member != nullptr && member->kind == PlainObject::Kind::text ? member : nullptr;
}

bool Fields::is_missing(const char* name) const {
  return plain_ != nullptr ? plain_->find(name) == nullptr : at(name).is_null();
}

bool Fields::is_text_or_missing(const char* name) const {
  if (plain_text(name) != nullptr || is_missing(name)) return true;
  const Json& value = at(name);
  return value.is_null() || value.is_string();
}

std::size_t Fields::text_bytes(const char* name) const {
  if (const auto* plain = plain_text(name)) return plain->text.size();
  if (is_missing(name)) return 0;
  const Json& value = at(name);
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  return value.is_structured() ? as_text(value).size() : 0;
}

std::string Fields::text(const char* name, std::string_view fallback) const {
  if (const auto* plain = plain_text(name)) {
    return std::string(plain->text.empty() ? fallback : plain->text);
  }
  if (is_missing(name)) return std::string(fallback);
  const Json& value = at(name);
  return is_blank(value) ? std::string(fallback) : as_text(value);
}

std::string Fields::trimmed(const char* name) const {
  if (const auto* plain = plain_text(name)) return base::trimmed(plain->text);
  return base::trimmed(text(name));
}

std::string Fields::trimmed(const char* name, const char* other) const {
  return base::trimmed(truth(name) ? text(name) : text(other));
}

std::optional<std::string> Fields::optional_text(const char* name) const {
  if (const auto* plain = plain_text(name)) return base::trimmed(plain->text);
  const Json& value = at(name);
  if (value.is_null()) return std::nullopt;
  return base::trimmed(as_text(value));
}

std::optional<std::int64_t> Fields::integer(const char* name) const {
  const Json& value = at(name);
  if (!value.is_number()) return std::nullopt;
  if (value.is_number_float()) return truncate(value.get<double>());
  if (value.is_number_unsigned() &&
      value.get<std::uint64_t>() >
          static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return std::numeric_limits<std::int64_t>::max();
  }
  return value.get<std::int64_t>();
}

std::optional<double> Fields::number(const char* name) const {
  const Json& value = at(name);
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return parse_number(value.get_ref<const std::string&>());
  return std::nullopt;
}

std::optional<std::int64_t> Fields::integer_or_digits(const char* name) const {
  const Json& value = at(name);
  if (!value.is_string()) return integer(name);
  const std::optional<double> parsed = parse_number(value.get_ref<const std::string&>());
  if (!parsed) return std::nullopt;
  return truncate(*parsed);
}

bool Fields::truth(const char* name) const {
  if (const auto* plain = plain_text(name)) return !plain->text.empty();
  return !is_missing(name) && !is_blank(at(name));
}

std::vector<std::string> Fields::list(const char* name) const {
  std::vector<std::string> items;
  const PlainObject::Member* const plain = plain_ == nullptr ? nullptr : plain_->find(name);
  if (plain != nullptr && plain->kind == PlainObject::Kind::list) {
    const auto views = plain_->items(*plain);
    items.assign(views.begin(), views.end());
    return items;
  }
  const Json& value = at(name);
  if (!value.is_array()) return items;
  items.reserve(value.size());
  for (const Json& item : value) items.push_back(as_text(item));
  return items;
}

core::JsonText Fields::any(const char* name) const {
  const Json& value = at(name);
  if (is_blank(value)) return {};
  return {json_text(value)};
}

core::JsonText Fields::object(const char* name) const {
  const Json& value = at(name);
  if (!value.is_object()) return {};
  return {json_text(value)};
}

}  // namespace synapse::wire
