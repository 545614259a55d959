// SPDX-License-Identifier: AGPL-3.0-or-later
// Reading fields of a JSON object by the protocol's rules of coercion. Private to wire.
#pragma once

#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "core/model.hpp"
#include "wire/json_document.hpp"
#include "wire/plain_object.hpp"

namespace synapse::wire {

class Fields {
 public:
  explicit Fields(const Json& object) : object_(&object) {}
  explicit Fields(const PlainObject& object) : plain_(&object) {}

  // The field, or null if it is missing. As long-lived as this.
  [[nodiscard]] const Json& at(const char* name) const;
  [[nodiscard]] bool is_text_or_missing(const char* name) const;
  // The length of a field as text; 0 unless it is a text, a list or an object.
  [[nodiscard]] std::size_t text_bytes(const char* name) const;
  // A missing, null, empty, zero or false value is the fallback; other scalars become text.
  [[nodiscard]] std::string text(const char* name, std::string_view fallback = {}) const;
  [[nodiscard]] std::string trimmed(const char* name) const;
  // The first of two spellings that is not blank; trimmed.
  [[nodiscard]] std::string trimmed(const char* name, const char* other) const;
  // Like text, but an empty text is a value; null and missing are none. Trimmed.
  [[nodiscard]] std::optional<std::string> optional_text(const char* name) const;
  // JSON numbers, truncated, saturating; everything else is none.
  [[nodiscard]] std::optional<std::int64_t> integer(const char* name) const;
  // Numbers and numeric text; finite.
  [[nodiscard]] std::optional<double> number(const char* name) const;
  [[nodiscard]] std::optional<std::int64_t> integer_or_digits(const char* name) const;
  [[nodiscard]] bool truth(const char* name) const;
  // Members as text; empty if the field is no list.
  [[nodiscard]] std::vector<std::string> list(const char* name) const;
  [[nodiscard]] core::JsonText object(const char* name) const;
  // Any value; {} in place of one that says nothing.
  [[nodiscard]] core::JsonText any(const char* name) const;

 private:
  // Null: it is missing, or there is a tree.
  [[nodiscard]] const PlainObject::Member* plain_text(const char* name) const;
  [[nodiscard]] bool is_missing(const char* name) const;

  const Json* object_ = nullptr;
  const PlainObject* plain_ = nullptr;  // In its place.
  // What at() has made of a plain object's members.
  mutable std::forward_list<Json> made_ = {};
};

// A scalar as text: strings as they are, numbers by their JSON text, true as "True".
[[nodiscard]] std::string as_text(const Json& value);
// Empty, zero, false or null.
[[nodiscard]] bool is_blank(const Json& value);

}  // namespace synapse::wire
