// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/decode.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/fnv1a.hpp"
#include "base/strings.hpp"
#include "wire/fields.hpp"
#include "wire/finding_fields.hpp"

namespace synapse::wire {

namespace {

using Body = std::variant<core::Command, Query>;

TaskId task_id(const Fields& fields, const char* other) {
  return TaskId(fields.trimmed("task_id", other));
}

std::optional<core::GitContext> git(const Fields& fields) {
  const Json& value = fields.at("git");
  if (!value.is_object()) return std::nullopt;
  const Fields git(value);
  core::GitContext context;
  context.branch = git.trimmed("branch");
  const std::string base = git.trimmed("base");
  if (!base.empty()) context.base = base;
  context.repo = git.trimmed("repo");
  if (!git.at("auto_release_on").is_null()) {
    const std::string mode = base::trimmed(as_text(git.at("auto_release_on")));
    context.auto_release_on = mode == "merge" || mode == "commit" ? mode : "manual";
  }
  return context;
}

constexpr std::array<const char*, 5> hello_fields{"observe", "attach", "kind", "instance",
                                                  "exclusive"};
constexpr std::size_t instance_bytes_max = 64;

// These fields mean something else in frames that neither observe nor attach.
bool has_hello(const Fields& fields) { return fields.truth("observe") || fields.truth("attach"); }

Result<Hello> decode_hello(const Fields& fields) {
  Hello hello;
  hello.observes = fields.truth("observe");
  if (hello.observes || !fields.truth("attach")) return hello;
  hello.seating = core::Seating::attached;
  hello.is_exclusive = fields.truth("exclusive");
  hello.instance = fields.text("instance");
  if (hello.instance.size() > instance_bytes_max) {
    return fail(ErrorCode::field_too_long, "instance is longer than 64 bytes");
  }
  const std::optional<core::SeatKind> kind = core::seat_kind(fields.text("kind", "agent"));
  if (!kind) {
    return fail(ErrorCode::wrong_field_type, "kind must be agent, command, waiter or page");
  }
  hello.kind = *kind;
  return hello;
}

Body decode_chat(const Fields& fields, Json& object) {
  core::PostChat chat;
  chat.target = fields.text("target", "all");
  const Json& timestamp = fields.at("timestamp");
  if (timestamp.is_number()) chat.timestamp = timestamp.get<double>();
  // What the hub stamps, what is between the sender and the hub, and what must never leave it.
  for (const char* name :
       {"timestamp", "type", "hub_id", "msg_id", "token", "takeover", "interest"}) {
    object.erase(name);
  }
  if (has_hello(fields)) {
    for (const char* name : hello_fields) object.erase(name);
  }
  const std::string sender = fields.trimmed("sender");
  if (sender.empty()) {
    object.erase("sender");
  } else {
    object["sender"] = sender;
  }
  chat.body = json_text(object);
  return core::Command(std::move(chat));
}

Body decode_claim(const Fields& fields) {
  core::ClaimTask claim;
  claim.task_id = task_id(fields, "payload");
  claim.note = fields.trimmed("note");
  claim.ttl = fields.number("ttl_seconds");
  claim.worktree = fields.trimmed("worktree");
  if (fields.text("scope") == "none") claim.coverage = core::Coverage::none;
  claim.paths = fields.list("paths");
  claim.git = git(fields);
  if (fields.truth("wait")) claim.if_held = core::IfHeld::wait;
  claim.wait_seconds = fields.number("wait_seconds");
  if (fields.text("if_own") == "refuse") claim.if_own = core::IfOwn::refuse;
  return core::Command(std::move(claim));
}

Body decode_release(const Fields& fields) {
  return core::Command(core::ReleaseTask{task_id(fields, "payload"), fields.integer("epoch")});
}

Body decode_renew(const Fields& fields) {
  return core::Command(core::RenewLease{task_id(fields, "payload"), fields.number("ttl_seconds"),
                                        fields.integer("epoch")});
}

Body decode_task_update(const Fields& fields) {
  return core::Command(core::UpdateTask{task_id(fields, "id"), fields.trimmed("status"),
                                        fields.optional_text("note"),
                                        fields.optional_text("data_ref"), fields.integer("epoch"),
                                        fields.integer("expected_version")});
}

Body decode_checkpoint(const Fields& fields) {
  return core::Command(core::SaveCheckpoint{task_id(fields, "task_id"),
                                            fields.text("checkpoint", fields.text("payload")),
                                            fields.integer("epoch")});
}

Body decode_handoff(const Fields& fields) {
  return core::Command(core::HandOff{task_id(fields, "task_id"),
                                     AgentName(fields.trimmed("to_agent", "target")),
                                     fields.trimmed("note"), fields.integer("epoch")});
}

Body decode_wait(const Fields& fields) {
  return core::Command(core::WaitFor{task_id(fields, "payload")});
}

Body decode_resource(const Fields& fields) {
  core::OfferResource offer;
  offer.kind = fields.trimmed("kind", "resource_kind");
  offer.name = fields.trimmed("name", "resource_name");
  const std::optional<double> capacity = fields.number("capacity");
  offer.capacity = capacity ? static_cast<std::int64_t>(std::clamp(*capacity, 1.0, 1e15)) : 1;
  offer.meta = fields.object("meta");
  return core::Command(std::move(offer));
}

Body decode_ledger_task(const Fields& fields) {
  core::DeclarePlanTask task;
  task.task_id = task_id(fields, "task_id");
  task.title = fields.trimmed("title");
  task.description = fields.trimmed("description");
  for (std::string& id : fields.list("depends_on")) task.depends_on.emplace_back(std::move(id));
  task.suggested_owner = fields.trimmed("suggested_owner");
  return core::Command(std::move(task));
}

Body decode_ledger_task_update(const Fields& fields) {
  return core::Command(core::UpdatePlanTask{task_id(fields, "task_id"),
                                            fields.optional_text("status"),
                                            fields.optional_text("suggested_owner")});
}

Body decode_ledger_progress(const Fields& fields) {
  core::PostProgress progress;
  progress.task_id = task_id(fields, "task_id");
  progress.kind = fields.text("kind", "note");
  progress.text = fields.trimmed("text", "payload");
  return core::Command(std::move(progress));
}

// Trimmed, without blanks and duplicates, in their order.
std::vector<std::string> tags(const Fields& fields, const char* name) {
  std::vector<std::string> tags;
  for (const std::string& raw : fields.list(name)) {
    std::string tag = base::trimmed(raw);
    if (!tag.empty() && std::find(tags.begin(), tags.end(), tag) == tags.end()) {
      tags.push_back(std::move(tag));
    }
  }
  return tags;
}

Body decode_advertise(const Fields& fields) {
  return core::Command(core::Advertise{fields.trimmed("description"), tags(fields, "skills"),
                                       tags(fields, "task_classes"), fields.trimmed("model"),
                                       fields.object("meta")});
}

Body decode_recall(const Fields& fields) {
  core::LogRecall log;
  log.recall.query_text = fields.text("query_text");
  log.recall.returned_claim_ids = fields.list("returned_claim_ids");
  log.recall.was_used = fields.truth("was_used");
  log.recall.abstained = fields.truth("abstained");
  return core::Command(std::move(log));
}

Body decode_finding(const Fields& fields) {
  return core::Command(core::RecordFinding{finding(fields)});
}

template <class Request>
Body decode_plain(const Fields&) {
  return Query(Request{});
}

Body decode_history(const Fields& fields) {
  return Query(HistoryRequest{fields.integer_or_digits("limit")});
}

Body decode_resume(const Fields& fields) {
  const std::int64_t since = fields.integer_or_digits("since").value_or(0);
  return Query(ResumeRequest{static_cast<std::uint64_t>(std::max<std::int64_t>(0, since))});
}

struct TypeRow {
  std::string_view name;
  Body (*decode)(const Fields&);
};

constexpr std::array<TypeRow, 23> types{{
    {"heartbeat", decode_plain<Heartbeat>},
    {"claim", decode_claim},
    {"release", decode_release},
    {"renew", decode_renew},
    {"task_update", decode_task_update},
    {"checkpoint", decode_checkpoint},
    {"handoff", decode_handoff},
    {"wait_request", decode_wait},
    {"resource", decode_resource},
    {"resource_offer", decode_resource},
    {"offer_resource", decode_resource},
    {"ledger_task", decode_ledger_task},
    {"ledger_task_update", decode_ledger_task_update},
    {"ledger_progress", decode_ledger_progress},
    {"advertise", decode_advertise},
    {"recall_log", decode_recall},
    {"finding", decode_finding},
    {"who_request", decode_plain<WhoRequest>},
    {"state_request", decode_plain<StateRequest>},
    {"board_request", decode_plain<BoardRequest>},
    {"manifest_request", decode_plain<ManifestRequest>},
    {"history_request", decode_history},
    {"resume_request", decode_resume},
}};

Body decode_body(const std::string& type, const Fields& fields, Json& object) {
  if (type == "chat") return decode_chat(fields, object);
  for (const TypeRow& row : types) {
    if (row.name == type) return row.decode(fields);
  }
  return Query(UnknownType{});
}

Error too_long(std::string_view field) {
  return fail(ErrorCode::field_too_long,
              std::string(field) + " is longer than " + std::to_string(name_bytes_max) + " bytes");
}

// What a value is long as text. Only strings, lists and objects can be too long for a name.
std::size_t text_bytes(const Json& value) {
  if (value.is_string()) return value.get_ref<const std::string&>().size();
  return value.is_structured() ? as_text(value).size() : 0;
}

Result<> check_envelope(const Fields& fields) {
  for (const char* name : {"sender", "target", "type"}) {
    const Json& value = fields.at(name);
    if (!value.is_null() && !value.is_string()) {
      return fail(ErrorCode::wrong_field_type, std::string(name) + " must be a string");
    }
  }
  for (const char* name : {"sender", "target", "type", "task_id", "id", "to_agent", "kind", "name",
                           "resource_kind", "resource_name", "suggested_owner", "idem_key"}) {
    if (text_bytes(fields.at(name)) > name_bytes_max) return too_long(name);
  }
  return {};
}

// The ids that other fields may stand for: a payload for a task's id, and the members of lists.
Result<> check_ids(const core::Command& command) {
  return std::visit(
      [](const auto& request) -> Result<> {
        if constexpr (requires { request.task_id; }) {
          if (request.task_id.text.size() > name_bytes_max) return too_long("task_id");
        }
        if constexpr (requires { request.depends_on; }) {
          for (const TaskId& id : request.depends_on) {
            if (id.text.size() > name_bytes_max) return too_long("depends_on");
          }
        }
        return {};
      },
      command);
}

// What makes a request the same request when it is sent again. `git` is opaque to the hub, and a
// branch may have moved on between the two; existing clients rely on being answered all the same.
std::string digest_of(const Json& object) {
  Json request = object;
  for (const char* name :
       {"idem_key", "timestamp", "token", "takeover", "interest", "sender", "git"}) {
    request.erase(name);
  }
  if (has_hello(Fields(object))) {
    for (const char* name : hello_fields) request.erase(name);
  }
  std::array<char, 20> hex{};
  std::snprintf(hex.data(), hex.size(), "%016llx",
                static_cast<unsigned long long>(base::fnv1a(json_text(request))));
  return hex.data();
}

}  // namespace

Result<Inbound> decode(std::string_view frame) {
  Result<Json> parsed = parse_json(frame, "the frame");
  if (!parsed) return parsed.error();
  Json& object = *parsed;
  if (!object.is_object()) return fail(ErrorCode::not_an_object);
  const Fields fields(object);
  if (const Result<> good = check_envelope(fields); !good) return good.error();
  Result<std::optional<Interest>> interest = decode_interest(fields);
  if (!interest) return interest.error();
  Result<Hello> hello = decode_hello(fields);
  if (!hello) return hello.error();

  Inbound inbound;
  inbound.interest = std::move(*interest);
  inbound.hello = std::move(*hello);
  inbound.sender = AgentName(fields.trimmed("sender"));
  inbound.type = base::to_lower(base::trim(fields.text("type", "chat")));
  if (inbound.type.empty()) inbound.type = "chat";
  inbound.token = fields.text("token");
  inbound.takeover = fields.truth("takeover");
  inbound.idem_key = fields.text("idem_key");
  if (!inbound.idem_key.empty()) inbound.digest = digest_of(object);
  if (const auto limit = fields.integer("max_bytes"); limit && *limit > 0) {
    inbound.max_bytes = static_cast<std::size_t>(std::min<std::int64_t>(*limit, 1LL << 30U));
  }
  inbound.body = decode_body(inbound.type, fields, object);
  if (const auto* command = std::get_if<core::Command>(&inbound.body)) {
    if (const Result<> good = check_ids(*command); !good) return good.error();
  }
  return inbound;
}

}  // namespace synapse::wire
