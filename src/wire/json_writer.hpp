// SPDX-License-Identifier: AGPL-3.0-or-later
// Appends compact JSON to one string. The hub encodes each frame and each log record once, from
// typed values, in a fixed order of keys; going through a document tree instead costs four to five
// times as much a frame (measured with the library's tree), on the one strand that everything
// passes.
//
// Who uses it keeps to the grammar: a key before each value in an object. Text must be valid UTF-8.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model.hpp"

namespace synapse::wire {

// As much of a text, from its beginning, as takes no more than this many bytes in JSON.
[[nodiscard]] std::string_view json_prefix(std::string_view text, std::size_t bytes_max);

class JsonWriter {
 public:
  JsonWriter() = default;
  // With room for so many bytes, for one that will need them.
  explicit JsonWriter(std::size_t bytes) : text_(bytes, '\0') {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(double number);  // Must be finite; always with a point or an exponent.
  JsonWriter& value(std::int64_t number) { return integer(number); }
  JsonWriter& value(std::uint64_t number) { return integer(number); }
  JsonWriter& boolean(bool truth) { return raw(truth ? "true" : "false"); }
  JsonWriter& null() { return raw("null"); }
  JsonWriter& value(const core::JsonText& json) { return raw(json.text); }
  template <class Tag>
  JsonWriter& value(const base::StringId<Tag>& id) {
    return value(std::string_view(id.text));
  }
  template <class Tag>
  JsonWriter& value(const base::NumberId<Tag>& id) {
    return integer(id.value);
  }
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  JsonWriter& value(const std::vector<T>& list) {
    begin_array();
    for (const T& one : list) value(one);
    return end_array();
  }

  template <class T>
  JsonWriter& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  // A whole JSON value, already encoded.
  JsonWriter& raw(std::string_view json);

  // What is written so far.
  [[nodiscard]] std::string_view text() const { return {text_.data(), size_}; }
  [[nodiscard]] std::string take() {
    text_.resize(size_);
    return std::move(text_);
  }

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  void separate();
  // Room for so many bytes more, all of which the caller writes.
  char* grow(std::size_t bytes);
  void put(std::string_view plain);
  void put(std::string_view before, std::string_view text, std::string_view after);
  void put_escaped(std::string_view text);
  template <class Integer>
  JsonWriter& integer(Integer number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    return raw(std::string_view(digits, static_cast<std::size_t>(end - digits)));
  }

  // Longer than what is written: it grows by halves of itself, not by every few bytes.
  std::string text_;
  std::size_t size_ = 0;
  bool needs_comma_ = false;
};

}  // namespace synapse::wire
