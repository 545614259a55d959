// SPDX-License-Identifier: AGPL-3.0-or-later
// Records out of JSON, by their descriptions (core/describe.hpp). Private to store.
//
// A member that is missing or null is what a new record has; one of a wrong type is a failure, and
// so is a record without a required member. The original's liberties are taken: an enumeration's
// word that is unknown (versions before 0.45 had others) is its first, for a claim with an odd
// status is still a claim, and to drop it would give its files away; a git context that is no
// object is none.
#pragma once

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/strings.hpp"
#include "core/describe.hpp"
#include "store/json_reader.hpp"

namespace synapse::store {

template <core::Described Record>
void read_record(JsonReader& json, Record& record);

// Reads members, as long as they come in the order in which they are described; one that doesn't is
// found by the next reader.
struct MembersReader {
  JsonReader& json;
  JsonReader::Members& members;

  template <class Member>
  void operator()(std::string_view name, Member& member) {
    if (!is_next(name)) return;
    value(member);
    members.next();
  }
  template <class Member>
  void required(std::string_view name, Member& member) {
    (*this)(name, member);
  }
  template <class Member>
  void unless_blank(std::string_view name, Member& member) {
    (*this)(name, member);
  }
  void raw(std::string_view name, std::string& text) {
    if (!is_next(name)) return;
    object_text(text);
    members.next();
  }

 private:
  [[nodiscard]] bool is_next(std::string_view name) const {
    return members.name() == name && !members.at_end();
  }
  template <class Member>
  void value(Member& member) {
    if constexpr (core::Described<Member>) {
      read_record(json, member);
    } else {
      json.read(member);
    }
  }
  template <core::Described Record>
  void value(std::optional<Record>& record) {
    read_record(json, record.emplace());
  }
  void value(std::optional<core::GitContext>& git) {
    git.reset();
    if (json.peek() != JsonReader::Kind::object) return json.skip();
    read_record(json, git.emplace());
    if (git->base.empty()) git->base = "main";
    if (git->auto_release_on != "merge" && git->auto_release_on != "commit") {
      git->auto_release_on = "manual";
    }
  }
  void value(core::JsonText& any) {
    if (json.peek() == JsonReader::Kind::null) {
      json.skip();
    } else {
      any.text = json.raw();
    }
  }
  void value(core::LeaseStatus& status) { word(core::lease_status, status); }
  void value(core::PlanStatus& status) { word(core::plan_status, status); }
  void value(core::ProgressKind& kind) { word(core::progress_kind, kind); }
  void value(core::Origin& origin) { word(core::origin, origin); }
  void value(core::MailState& state) { word(core::mail_state, state); }
  void value(core::DropReason& why) { word(core::drop_reason, why); }
  void value(core::Letters& which) { word(core::letters, which); }
  void value(core::Receipt& receipt) {
    bool is_wanted = false;
    json.read(is_wanted);
    receipt = is_wanted ? core::Receipt::wanted : core::Receipt::none;
  }
  void value(core::Coverage& coverage) {
    std::string scope;
    json.read(scope);
    coverage = scope == "none" ? core::Coverage::none : core::Coverage::files;
  }

  template <class Enum>
  void word(std::optional<Enum> (*by_word)(std::string_view), Enum& out) {
    std::string text;
    json.read(text);
    out = by_word(text).value_or(Enum{});
  }
  void object_text(std::string& text) {
    if (json.peek() == JsonReader::Kind::object) {
      text = json.raw();
    } else {
      json.skip();
    }
  }
};

// Gives required times a value that none has, to tell whether they were read.
struct Unset {
  void required(std::string_view, double& time) { time = std::numeric_limits<double>::quiet_NaN(); }
  template <class Member>
  void required(std::string_view, Member&) {}
  template <class Member>
  void operator()(std::string_view, Member&) {}
  template <class Member>
  void unless_blank(std::string_view, Member&) {}
  void raw(std::string_view, std::string&) {}
};

// Fails if a required member was not there, or blank.
struct CheckRequired {
  JsonReader& json;

  template <class Member>
  void required(std::string_view name, const Member& member) {
    if (is_missing(member)) json.fail("no " + std::string(name));
  }
  template <class Member>
  void operator()(std::string_view, const Member&) {}
  template <class Member>
  void unless_blank(std::string_view, const Member&) {}
  void raw(std::string_view name, const std::string& text) {
    if (text.empty()) json.fail("no " + std::string(name));
  }

 private:
  static bool is_missing(double time) { return std::isnan(time); }
  static bool is_missing(const std::string& text) { return base::trim(text).empty(); }
  template <class Tag>
  static bool is_missing(const base::StringId<Tag>& id) {
    return is_missing(id.text);
  }
  template <core::Described Record>
  static bool is_missing(const std::optional<Record>& record) {
    return !record;
  }
};

template <core::Described Record>
void read_record(JsonReader& json, Record& record) {
  describe(Unset{}, record);
  for (JsonReader::Members members(json); !members.at_end();) {
    const std::size_t place = members.place();
    describe(MembersReader{json, members}, record);
    if (members.at_end() || members.place() != place) continue;
    json.skip();
    members.next();
  }
  describe(CheckRequired{json}, std::as_const(record));
}

}  // namespace synapse::store
