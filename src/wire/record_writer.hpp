// SPDX-License-Identifier: AGPL-3.0-or-later
// Records as JSON objects, made from their descriptions (core/describe.hpp): whole, as snapshots
// and the log have them, or some of their members, as frames do. Private to wire and store.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <limits>
#include <string_view>

#include "core/describe.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

// How long the texts of a record may be, in bytes of JSON; ids don't count as texts.
struct TextLimit {
  std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
  bool has_cut = false;
};

template <core::Described Record>
void write(JsonWriter& json, const Record& record, TextLimit* limit = nullptr);

// Writes each member that it is shown.
struct MemberWriter {
  JsonWriter& json;
  TextLimit* limit = nullptr;

  template <class Member>
  void operator()(std::string_view name, const Member& member) {
    json.key(name);
    value(member);
  }
  template <class Member>
  void required(std::string_view name, const Member& member) {
    (*this)(name, member);
  }
  void unless_blank(std::string_view name, const std::string& text) {
    if (!text.empty()) (*this)(name, text);
  }
  void unless_blank(std::string_view name, core::Coverage coverage) {
    if (coverage == core::Coverage::none) json.field(name, "none");
  }
  void unless_blank(std::string_view name, core::Origin origin) {
    if (origin != core::Origin::request) json.field(name, word(origin));
  }
  void unless_blank(std::string_view name, bool truth) {
    if (truth) json.key(name).boolean(true);
  }
  void unless_blank(std::string_view name, core::Receipt receipt) {
    unless_blank(name, receipt == core::Receipt::wanted);
  }
  void unless_blank(std::string_view name, core::DropReason why) {
    if (why != core::DropReason::none) json.field(name, word(why));
  }
  void unless_blank(std::string_view name, MessageId id) {
    if (id.value != 0) json.field(name, id);
  }
  void raw(std::string_view name, std::string_view text) { json.key(name).raw(text); }

 private:
  template <class Member>
  void value(const Member& member) {
    if constexpr (std::same_as<Member, bool>) {
      json.boolean(member);
    } else if constexpr (std::same_as<Member, std::string>) {
      text(member);
    } else if constexpr (std::is_enum_v<Member>) {
      json.value(word(member));
    } else if constexpr (core::Described<Member>) {
      write(json, member, limit);
    } else {
      json.value(member);
    }
  }
  template <core::Described Record>
  void value(const std::optional<Record>& record) {
    if (record) {
      write(json, *record, limit);
    } else {
      json.null();
    }
  }
  void text(std::string_view whole) {
    if (limit == nullptr) {
      json.value(whole);
      return;
    }
    const std::string_view told = json_prefix(whole, limit->bytes_max);
    limit->has_cut = limit->has_cut || told.size() < whole.size();
    json.value(told);
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
void write(JsonWriter& json, const Record& record, TextLimit* limit) {
  json.begin_object();
  describe(MemberWriter{json, limit}, record);
  json.end_object();
}

// The members of these names, in the order of the names, into an object that is open.
template <core::Described Record>
void write_members(JsonWriter& json, const Record& record,
                   std::initializer_list<std::string_view> names, TextLimit* limit = nullptr) {
  for (const std::string_view name : names) {
    describe(SomeMembers{{json, limit}, SomeMembers::Which::listed, {name}}, record);
  }
}

// All members but these, in their own order, into an object that is open.
template <core::Described Record>
void write_all_but(JsonWriter& json, const Record& record,
                   std::initializer_list<std::string_view> names, TextLimit* limit = nullptr) {
  describe(SomeMembers{{json, limit}, SomeMembers::Which::others, names}, record);
}

}  // namespace synapse::wire
