// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/decode_request.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/strings.hpp"
#include "wire/decode_mail.hpp"
#include "wire/finding_fields.hpp"
#include "wire/hello.hpp"

namespace synapse::wire {

namespace {

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

Body decode_chat(const Fields& fields, Json& object) {
  core::PostChat chat;
  chat.target = fields.text("target", "all");
  const Json& timestamp = fields.at("timestamp");
  if (timestamp.is_number()) chat.timestamp = timestamp.get<double>();
  const bool is_operator = !fields.text("operator_token").empty();
  // What the hub stamps, what is between the sender and the hub, and what must never leave it.
  for (const char* name : {"timestamp", "type", "hub_id", "msg_id", "token", "operator_token",
                           "takeover", "interest"}) {
    object.erase(name);
  }
  erase_hello(object);
  const std::string sender = fields.trimmed("sender");
  // An operator goes by the name that it is given.
  if (sender.empty() || is_operator) {
    object.erase("sender");
  } else {
    object["sender"] = sender;
  }
  if (fields.truth("receipt")) chat.receipt = core::Receipt::wanted;
  chat.thread = thread_of(fields);
  chat.in_reply_to = message_id(fields, "in_reply_to");
  chat.body = json_text(object);
  return core::Command(std::move(chat));
}

Body decode_claim(const Fields& fields) {
  core::ClaimTask claim;
  claim.task_id = task_id(fields, "payload");
  claim.note = fields.trimmed("note");
  claim.ttl = fields.number("ttl_seconds");
  claim.worktree = fields.text("worktree");
  if (fields.text("scope") == "none") claim.coverage = core::Coverage::none;
  claim.paths = fields.list("paths");
  claim.git = git(fields);
  if (fields.truth("wait")) claim.if_held = core::IfHeld::wait;
  claim.wait_seconds = fields.number("wait_seconds");
  if (fields.truth("add")) claim.extent = core::Extent::added;
  if (fields.text("if_own") == "refuse") claim.if_own = core::IfOwn::refuse;
  claim.party = fields.trimmed("party");
  return core::Command(std::move(claim));
}

Body decode_extend(const Fields& fields) {
  return core::Command(core::ExtendLease{task_id(fields, "payload"), fields.list("paths"),
                                         fields.integer("epoch"), fields.number("ttl_seconds")});
}

Body decode_release(const Fields& fields) {
  core::ReleaseTask release{task_id(fields, "payload"), fields.integer("epoch")};
  if (!fields.at("paths").is_null()) release.paths = fields.list("paths");
  return core::Command(std::move(release));
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
                                     fields.optional_text("note"), fields.integer("epoch")});
}

Body decode_wait(const Fields& fields) {
  return core::Command(core::WaitFor{task_id(fields, "payload")});
}

Body decode_end_wait(const Fields& fields) {
  return core::Command(core::EndWait{AgentName(fields.trimmed("agent")), task_id(fields, "task_id"),
                                     fields.text("note", fields.text("payload"))});
}

Body decode_resource(const Fields& fields) {
  core::OfferResource offer;
  offer.kind = fields.trimmed("kind", "resource_kind");
  offer.name = fields.trimmed("name", "resource_name");
  const std::optional<double> capacity = fields.number("capacity");
  offer.capacity = capacity ? static_cast<std::int64_t>(std::clamp(*capacity, 1.0, 1e15)) : 1;
  offer.meta = fields.any("meta");
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

Body decode_ledger_forget(const Fields& fields) {
  return core::Command(core::ForgetPlanTask{task_id(fields, "task_id")});
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
  progress.text = fields.text("text", fields.text("payload"));
  return core::Command(std::move(progress));
}

// Trimmed, without blanks and duplicates, in their order.
std::vector<std::string> tags(const Fields& fields, const char* name) {
  std::vector<std::string> tags;
  std::set<std::string> seen;
  for (const std::string& raw : fields.list(name)) {
    std::string tag = base::trimmed(raw);
    if (!tag.empty() && seen.insert(tag).second) tags.push_back(std::move(tag));
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

PageWish page(const Fields& fields) {
  PageWish wish;
  if (const auto limit = fields.integer_or_digits("limit")) {
    wish.limit = static_cast<std::size_t>(std::max<std::int64_t>(1, *limit));
  }
  wish.after = fields.list("after");
  return wish;
}

Body decode_state(const Fields& fields) {
  return Query(StateRequest{TaskId(fields.trimmed("task_id")), page(fields)});
}

template <class Request>
Body decode_paged(const Fields& fields) {
  return Query(Request{page(fields)});
}

template <class Request>
Body decode_plain(const Fields&) {
  return Query(Request{});
}

Body decode_at(const Fields& fields) {
  AtRequest request;
  request.seq = fields.integer_or_digits("seq");
  const std::optional<double> ts = fields.number("ts");
  if (!request.seq && !ts) {
    return Query(BadRequest{
        fail(ErrorCode::wrong_field_type, "at_request needs seq or ts, a number"), TaskId()});
  }
  request.ts = ts.value_or(0);
  request.page = page(fields);
  return Query(std::move(request));
}

Body decode_events(const Fields& fields) {
  EventsRequest request;
  request.since = fields.number("since");
  request.until = fields.number("until");
  const auto text = [&fields](const char* name) {
    std::string word = fields.trimmed(name);
    return word.empty() ? std::nullopt : std::optional(std::move(word));
  };
  request.agent = text("agent");
  request.task = text("task");
  request.path = text("path");
  request.kinds = fields.list("kind");
  if (const auto kind = text("kind"); kind && request.kinds.empty()) request.kinds = {*kind};
  if (const auto limit = fields.integer_or_digits("limit")) {
    constexpr auto most = static_cast<std::int64_t>(EventsRequest::limit_max);
    request.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(*limit, 1, most));
  }
  if (fields.truth("newest")) request.which = EventsRequest::Which::newest;
  request.after = fields.list("after");
  return Query(std::move(request));
}

Body decode_history(const Fields& fields) {
  return Query(HistoryRequest{fields.integer_or_digits("limit")});
}

Body decode_resume(const Fields& fields) {
  const std::int64_t since = fields.integer_or_digits("since").value_or(0);
  return Query(ResumeRequest{static_cast<std::uint64_t>(std::max<std::int64_t>(0, since)), since});
}

struct TypeRow {
  std::string_view name;
  Body (*decode)(const Fields&);
};

constexpr auto types = std::to_array<TypeRow>({
    {"heartbeat", decode_plain<Heartbeat>},
    {"claim", decode_claim},
    {"extend", decode_extend},
    {"release", decode_release},
    {"renew", decode_renew},
    {"task_update", decode_task_update},
    {"checkpoint", decode_checkpoint},
    {"handoff", decode_handoff},
    {"wait_request", decode_wait},
    {"end_wait", decode_end_wait},
    {"resource", decode_resource},
    {"resource_offer", decode_resource},
    {"offer_resource", decode_resource},
    {"ledger_task", decode_ledger_task},
    {"ledger_task_update", decode_ledger_task_update},
    {"ledger_forget", decode_ledger_forget},
    {"ledger_progress", decode_ledger_progress},
    {"advertise", decode_advertise},
    {"recall_log", decode_recall},
    {"finding", decode_finding},
    {"who_request", decode_plain<WhoRequest>},
    {"state_request", decode_state},
    {"board_request", decode_paged<BoardRequest>},
    {"manifest_request", decode_paged<ManifestRequest>},
    {"page_request", decode_paged<CockpitRequest>},
    {"at_request", decode_at},
    {"events_request", decode_events},
    {"history_request", decode_history},
    {"resume_request", decode_resume},
    {"inbox_request", decode_inbox},
    {"got", decode_got},
    {"seen", decode_seen},
    {"sent_request", decode_sent},
    {"withdraw", decode_withdraw},
    {"dead_letters_request", decode_letters},
    {"dead_letter_retry", decode_letter_retry},
    {"dead_letter_clear", decode_letter_clear},
});

}  // namespace

Body decode_request(const std::string& type, const Fields& fields, Json* object) {
  if (type == "chat") return decode_chat(fields, *object);
  for (const TypeRow& row : types) {
    if (row.name == type) return row.decode(fields);
  }
  return Query(UnknownType{});
}

}  // namespace synapse::wire
