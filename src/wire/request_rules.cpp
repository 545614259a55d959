// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/request_rules.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/printable.hpp"
#include "wire/bounds.hpp"

namespace synapse::wire {

namespace {

Error longer_than(std::string_view what, std::size_t bytes_max) {
  return fail(ErrorCode::field_too_long,
              std::string(what) + " is longer than " + std::to_string(bytes_max) + " bytes");
}

// A fence that can't be read must not be taken for none.
Result<> check_fences(std::string_view type, const Fields& fields) {
  constexpr std::array<std::string_view, 6> fenced{"extend",      "release",    "renew",
                                                   "task_update", "checkpoint", "handoff"};
  if (std::find(fenced.begin(), fenced.end(), type) != fenced.end()) {
    for (const char* name : {"epoch", "expected_version"}) {
      const Json& value = fields.at(name);
      if (!value.is_null() && !value.is_number()) {
        return fail(ErrorCode::wrong_field_type, std::string(name) + " must be a number");
      }
    }
  }
  if (type != "claim") return {};
  const std::string if_own = fields.text("if_own", "renew");
  if (if_own == "renew" || if_own == "refuse") return {};
  return fail(ErrorCode::wrong_field_type, "if_own must be renew or refuse");
}

// A place that can't be read must not be taken for the beginning: a reader would never come to an
// end.
Result<> check_place(std::string_view type, const Fields& fields) {
  if (type != "state_request" && type != "board_request" && type != "manifest_request") return {};
  const Json& after = fields.at("after");
  if (after.is_null()) return {};
  const auto is_text = [](const Json& part) { return part.is_string(); };
  if (after.is_array() && !after.empty() && std::all_of(after.begin(), after.end(), is_text)) {
    return {};
  }
  return fail(ErrorCode::wrong_field_type, "after must be the next of the page before");
}

Result<> check_id(const TaskId& id, std::string_view field) {
  if (id.text.size() > name_bytes_max) return longer_than(field, name_bytes_max);
  return {};
}

// Of an id that begins to exist with the request.
Result<> check_new_id(const TaskId& id, std::string_view field) {
  if (const Result<> good = check_id(id, field); !good) return good;
  if (!base::has_unprintable(id.text)) return {};
  return fail(ErrorCode::invalid_task_id, std::string(field) + " '" +
                                              base::escape_unprintable(id.text) +
                                              "' has unprintable characters; leave them out");
}

struct CheckIds {
  Result<> operator()(const core::ClaimTask& claim) const {
    return check_new_id(claim.task_id, "task_id");
  }
  Result<> operator()(const core::EndWait& wait) const {
    if (wait.agent.text.size() > name_bytes_max) return longer_than("agent", name_bytes_max);
    return check_id(wait.task_id, "task_id");
  }
  Result<> operator()(const core::PostProgress& note) const {
    return check_new_id(note.task_id, "task_id");
  }
  Result<> operator()(const core::DeclarePlanTask& task) const {
    if (const Result<> good = check_new_id(task.task_id, "task_id"); !good) return good;
    for (const TaskId& id : task.depends_on) {
      if (const Result<> good = check_new_id(id, "depends_on"); !good) return good;
    }
    return {};
  }
  template <class Other>
  Result<> operator()(const Other& other) const {
    if constexpr (requires { other.task_id; }) return check_id(other.task_id, "task_id");
    return {};
  }
};

Result<> check_places(const core::ClaimTask& claim) {
  if (claim.worktree.size() > place_bytes_max) return longer_than("worktree", place_bytes_max);
  if (claim.party.size() > name_bytes_max) return longer_than("party", name_bytes_max);
  if (!claim.git) return {};
  for (const std::string* text : {&claim.git->branch, &claim.git->base, &claim.git->repo}) {
    if (text->size() > place_bytes_max) return longer_than("a text of git", place_bytes_max);
  }
  return {};
}

struct CheckSize {
  const Fields& fields;
  const Json& object;

  Result<> operator()(const core::PostChat& chat) const {
    // Its sender may still have to be filled in.
    const std::size_t name = fields.at("sender").is_null() ? 2 * name_bytes_max : 0;
    if (chat.body.size() + name > chat_bytes_max) return longer_than("the chat", chat_bytes_max);
    return {};
  }
  Result<> operator()(const core::ClaimTask&) const { return paths(); }
  Result<> operator()(const core::ExtendLease&) const { return paths(); }
  Result<> operator()(const core::ReleaseTask&) const { return paths(); }
  Result<> operator()(const core::Advertise&) const { return whole("the card", card_bytes_max); }
  Result<> operator()(const core::OfferResource&) const {
    return whole("the offer", record_bytes_max);
  }
  Result<> operator()(const core::DeclarePlanTask&) const {
    return whole("the task", record_bytes_max);
  }
  Result<> operator()(const core::PostProgress&) const {
    return whole("the note", record_bytes_max);
  }
  Result<> operator()(const core::RecordFinding&) const {
    return whole("the finding", record_bytes_max);
  }
  // Of the others no broadcast tells more than texts, which are cut.
  template <class Other>
  Result<> operator()(const Other&) const {
    return {};
  }

 private:
  [[nodiscard]] Result<> paths() const {
    if (json_text(fields.at("paths")).size() <= paths_bytes_max) return {};
    return longer_than("paths", paths_bytes_max);
  }
  [[nodiscard]] Result<> whole(std::string_view what, std::size_t bytes_max) const {
    if (json_text(object).size() <= bytes_max) return {};
    return longer_than(what, bytes_max);
  }
};

// Numbers that can't be read must not be taken for others, or for none.
Result<> check_mail(const Inbound& inbound, const Fields& fields) {
  const std::string& type = inbound.type;
  if (type == "chat") {
    if (!fields.truth("receipt")) return {};
    const Json& thread = fields.at("thread");
    if (!thread.is_null() && !thread.is_string()) {
      return fail(ErrorCode::wrong_field_type, "thread must be a string");
    }
    if (fields.text("thread").size() > thread_bytes_max) {
      return longer_than("thread", thread_bytes_max);
    }
    return {};
  }
  const bool names_messages = type == "got" || type == "seen" || type == "withdraw" ||
                              type == "dead_letter_retry" || type == "dead_letter_clear";
  if (!names_messages) return {};
  for (const char* name : {"msg_id", "through"}) {
    const Json& number = fields.at(name);
    if (!number.is_null() && !number.is_number()) {
      return fail(ErrorCode::wrong_field_type, std::string(name) + " must be a number");
    }
  }
  const Json& ids = fields.at("msg_ids");
  if (ids.is_null()) return {};
  const auto is_number = [](const Json& id) { return id.is_number_unsigned(); };
  if (!ids.is_array() || !std::all_of(ids.begin(), ids.end(), is_number)) {
    return fail(ErrorCode::wrong_field_type, "msg_ids must be a list of numbers");
  }
  // A client that means all letters leaves msg_ids out; a list that turned out empty means none.
  if (ids.empty() && type.starts_with("dead_letter_")) {
    return fail(ErrorCode::wrong_field_type, "msg_ids must name a message; leave it out for all");
  }
  if (ids.size() > message_ids_max) {
    return fail(ErrorCode::field_too_long,
                "msg_ids has more than " + std::to_string(message_ids_max) + " numbers");
  }
  return {};
}

Result<> check_request(const Inbound& inbound, const Fields& fields, const Json* object,
                       std::size_t frame_bytes) {
  if (const Result<> good = check_fences(inbound.type, fields); !good) return good;
  if (const Result<> good = check_place(inbound.type, fields); !good) return good;
  if (const Result<> good = check_mail(inbound, fields); !good) return good;
  const auto* command = std::get_if<core::Command>(&inbound.body);
  if (command == nullptr) return {};
  if (const Result<> good = std::visit(CheckIds{}, *command); !good) return good;
  if (const auto* claim = std::get_if<core::ClaimTask>(command)) {
    if (const Result<> good = check_places(*claim); !good) return good;
  }
  // Written again it is longer by a factor of four at most: 1e14, as a number of a chat.
  constexpr std::size_t surely_small = card_bytes_max / 4;
  if (frame_bytes <= surely_small || object == nullptr) return {};
  return std::visit(CheckSize{fields, *object}, *command);
}

TaskId task_of(const Inbound& inbound) {
  const auto* command = std::get_if<core::Command>(&inbound.body);
  if (command == nullptr) return {};
  return std::visit(
      [](const auto& request) -> TaskId {
        if constexpr (requires { request.task_id; }) return request.task_id;
        return {};
      },
      *command);
}

}  // namespace

void refuse_bad(Inbound& inbound, const Fields& fields, const Json* object,
                std::size_t frame_bytes) {
  Result<> good = check_request(inbound, fields, object, frame_bytes);
  if (good) return;
  TaskId task_id = task_of(inbound);
  if (task_id.text.size() > name_bytes_max) task_id = {};
  inbound.body = Query(BadRequest{std::move(good).error(), std::move(task_id)});
}

}  // namespace synapse::wire
