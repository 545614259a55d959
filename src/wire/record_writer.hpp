// SPDX-License-Identifier: AGPL-3.0-or-later
// Records as JSON objects, made from their descriptions (core/describe.hpp): whole, as snapshots
// and the log have them, or some of their members, as frames do. Private to wire and store.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "core/describe.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

template <core::Described Record>
void write(JsonWriter& json, const Record& record);

// Writes each member that it is shown.
struct MemberWriter {
  JsonWriter& json;

  template <class Member>
  void operator()(std::string_view name, const Member& member) {
    value(json.key(name), member);
  }
  template <class Member>
  void required(std::string_view name, const Member& member) {
    (*this)(name, member);
  }
  void unless_blank(std::string_view name, const std::string& text) {
    if (!text.empty()) json.field(name, text);
  }
  void unless_blank(std::string_view name, core::Coverage coverage) {
    if (coverage == core::Coverage::none) json.field(name, "none");
  }
  void raw(std::string_view name, std::string_view text) { json.key(name).raw(text); }

 private:
  template <class Member>
  static void value(JsonWriter& json, const Member& member) {
    if constexpr (std::same_as<Member, bool>) {
      json.boolean(member);
    } else if constexpr (std::is_enum_v<Member>) {
      json.value(word(member));
    } else if constexpr (core::Described<Member>) {
      write(json, member);
    } else {
      json.value(member);
    }
  }
  template <core::Described Record>
  static void value(JsonWriter& json, const std::optional<Record>& record) {
    if (record) {
      write(json, *record);
    } else {
      json.null();
    }
  }
};

// Hands on the members whose names are on a list, or are not.
struct SomeMembers {
  enum class Which { listed, others };

  MemberWriter writer;
  Which which;
  std::initializer_list<std::string_view> names;

  template <class Member>
  void operator()(std::string_view name, const Member& member) {
    if (passes(name)) writer(name, member);
  }
  template <class Member>
  void required(std::string_view name, const Member& member) {
    (*this)(name, member);
  }
  template <class Member>
  void unless_blank(std::string_view name, const Member& member) {
    if (passes(name)) writer.unless_blank(name, member);
  }

 private:
  [[nodiscard]] bool passes(std::string_view name) const {
    const bool is_listed = std::find(names.begin(), names.end(), name) != names.end();
    return is_listed == (which == Which::listed);
  }
};

template <core::Described Record>
void write(JsonWriter& json, const Record& record) {
  json.begin_object();
  describe(MemberWriter{json}, record);
  json.end_object();
}

// The members of these names, in the order of the names, into an object that is open.
template <core::Described Record>
void write_members(JsonWriter& json, const Record& record,
                   std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    describe(SomeMembers{{json}, SomeMembers::Which::listed, {name}}, record);
  }
}

// All members but these, in their own order, into an object that is open.
template <core::Described Record>
void write_all_but(JsonWriter& json, const Record& record,
                   std::initializer_list<std::string_view> names) {
  describe(SomeMembers{{json}, SomeMembers::Which::others, names}, record);
}

}  // namespace synapse::wire
