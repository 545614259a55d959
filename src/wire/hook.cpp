// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/hook.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/bounds.hpp"
#include "wire/json_document.hpp"
#include "wire/json_writer.hpp"

namespace synapse::wire {

namespace {

constexpr std::array<std::string_view, 7> hook_events{"start",        "before", "after", "end",
                                                      "subagent_end", "wrote",  "undo"};
constexpr std::array<std::string_view, 2> hook_modes{"warn", "enforce"};
constexpr std::array<std::string_view, 4> hook_decisions{"none", "granted", "held", "refused"};
constexpr std::array<std::string_view, 3> hook_notices{"held", "yours", "written"};

template <class Enum, std::size_t count>
std::string_view hook_word(const std::array<std::string_view, count>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}

template <class Enum, std::size_t count>
std::optional<Enum> of_word(const std::array<std::string_view, count>& words,
                            std::string_view text) {
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

void write_flag(JsonWriter& json, std::string_view name, bool is_set) {
  if (is_set) json.key(name).boolean(true);
}

void write_text(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.field(name, text);
}

void write_holder(JsonWriter& json, const HookHolder& holder) {
  json.field("name", holder.name).field("path", holder.path).field("until", holder.until);
  write_text(json, "task_id", holder.task_id.text);
  if (holder.since != 0) json.field("since", holder.since);
}

HookHolder read_holder(const Json& object) {
  return {AgentName(text_member(object, "name")), TaskId(text_member(object, "task_id")),
          text_member(object, "path"), number_member(object, "since"),
          number_member(object, "until")};
}

void write_claims(JsonWriter& json, std::string_view key,
                  const std::vector<HookBrief::Claim>& claims) {
  json.key(key).begin_array();
  for (const HookBrief::Claim& claim : claims) {
    json.begin_object()
        .field("owner", claim.owner)
        .field("task_id", claim.task_id)
        .field("paths", claim.paths)
        .field("until", claim.until);
    write_text(json, "note", claim.note);
    write_text(json, "checkpoint", claim.checkpoint);
    json.end_object();
  }
  json.end_array();
}

std::vector<HookBrief::Claim> read_claims(const Json& list) {
  std::vector<HookBrief::Claim> claims;
  if (!list.is_array()) return claims;
  for (const Json& one : list) {
    claims.push_back({AgentName(text_member(one, "owner")), TaskId(text_member(one, "task_id")),
                      texts_member(one, "paths"), number_member(one, "until"),
                      text_member(one, "note"), text_member(one, "checkpoint")});
  }
  return claims;
}

void write_acks(JsonWriter& json, const std::vector<HookAck>& acks) {
  if (acks.empty()) return;
  json.key("ack").begin_array();
  for (const HookAck& ack : acks) {
    json.begin_object().field("msg_id", ack.id).field("hub_id", ack.hub).end_object();
  }
  json.end_array();
}

HookAck read_ack(const Json& object) {
  return {MessageId{count_member(object, "msg_id")}, text_member(object, "hub_id")};
}

void write_mail(JsonWriter& json, const HookAnswer& answer) {
  if (answer.mail.empty()) return;
  json.key("mail").begin_array();
  for (const HookMail& mail : answer.mail) {
    json.begin_object()
        .field("msg_id", mail.mark.id)
        .field("hub_id", mail.mark.hub)
        .field("sender", mail.sender)
        .field("text", mail.text);
    if (mail.in_reply_to.value != 0) json.field("in_reply_to", mail.in_reply_to);
    write_flag(json, "again", mail.is_again);
    write_flag(json, "truncated", mail.is_cut);
    json.end_object();
  }
  json.end_array().field("mail_left", static_cast<std::uint64_t>(answer.mail_left));
}

void read_mail(const Json& whole, HookAnswer& answer) {
  const Json& mail = member(whole, "mail");
  if (!mail.is_array()) return;
  for (const Json& one : mail) {
    answer.mail.push_back({read_ack(one), AgentName(text_member(one, "sender")),
                           text_member(one, "text"), MessageId{count_member(one, "in_reply_to")},
                           flag_member(one, "again"), flag_member(one, "truncated")});
  }
  answer.mail_left = static_cast<std::size_t>(count_member(whole, "mail_left"));
}

Error bad_hook(std::string_view field, std::string_view why) {
  return fail(ErrorCode::wrong_field_type, std::string(field) + " " + std::string(why));
}

Result<> check_hook_request(const HookRequest& request) {
  const std::array<std::pair<std::string_view, const std::string*>, 5> names{
      {{"host", &request.host},
       {"session", &request.session},
       {"party", &request.party},
       {"name", &request.name.text},
       {"pid_ns", &request.pid_ns}}};
  for (const auto& [field, text] : names) {
    if (text->size() > name_bytes_max) return bad_hook(field, "is longer than 256 bytes");
  }
  if (request.session.empty()) return bad_hook("session", "is missing");
  if (request.name.empty()) return bad_hook("name", "is missing");
  if (request.worktree.size() > place_bytes_max) return bad_hook("worktree", "is too long");
  if (request.paths.size() > hook_paths_max) return bad_hook("paths", "are too many");
  if (request.ack.size() > hook_acks_max) return bad_hook("ack", "names too many messages");
  if (request.writes.size() > hook_watch_max) return bad_hook("writes", "are too many");
  if (!request.paths.empty() && request.worktree.empty()) return bad_hook("worktree", "is missing");
  return {};
}

}  // namespace

std::string_view word(HookEvent event) { return hook_word(hook_events, event); }
std::string_view word(HookMode mode) { return hook_word(hook_modes, mode); }
std::optional<HookEvent> hook_event(std::string_view text) {
  return of_word<HookEvent>(hook_events, text);
}
std::optional<HookMode> hook_mode(std::string_view text) {
  return of_word<HookMode>(hook_modes, text);
}

std::size_t told_bytes(const HookMail& mail) {
  constexpr std::size_t words = 56;  // " says (#, answers #, again, cut): " and a line's end.
  const auto digits = [](MessageId id) { return std::to_string(id.value).size(); };
  return words + std::min(mail.sender.text.size(), hook_sender_bytes_max) + digits(mail.mark.id) +
         digits(mail.in_reply_to) + mail.text.size();
}

std::string encode_hook_request(const HookRequest& request) {
  JsonWriter json;
  json.begin_object()
      .field("v", std::uint64_t{hook_version})
      .field("host", request.host)
      .field("event", word(request.event))
      .field("mode", word(request.mode))
      .field("session", request.session)
      .field("name", request.name)
      .field("host_pid", request.host_pid)
      .field("host_start", request.host_start)
      .field("pid_ns", request.pid_ns)
      .field("worktree", request.worktree)
      .field("room", static_cast<std::uint64_t>(request.room));
  write_text(json, "party", request.party);
  write_flag(json, "named", request.is_named);
  if (!request.paths.empty()) json.field("paths", request.paths);
  write_acks(json, request.ack);
  write_flag(json, "watch", request.is_watching);
  if (!request.writes.empty()) {
    json.key("writes").begin_array();
    for (const HookWrite& one : request.writes) {
      json.begin_object().field("path", one.path).field("at", one.at).end_object();
    }
    json.end_array();
  }
  return json.end_object().take();
}

Result<HookRequest> decode_hook_request(std::string_view body) {
  const Result<Json> parsed = parse_json(body, "the request");
  if (!parsed) return parsed.error();
  if (!parsed->is_object()) return fail(ErrorCode::not_an_object);
  if (count_member(*parsed, "v") != hook_version) return bad_hook("v", "must be 1");
  HookRequest request;
  const auto event = hook_event(text_member(*parsed, "event"));
  if (!event) return bad_hook("event", "is none that this hub knows");
  request.event = *event;
  request.mode = hook_mode(text_member(*parsed, "mode")).value_or(HookMode::warn);
  request.host = text_member(*parsed, "host");
  request.session = id_member(*parsed, "session");
  request.party = id_member(*parsed, "party");
  request.name = AgentName(id_member(*parsed, "name"));
  request.is_named = flag_member(*parsed, "named");
  request.host_pid = count_member(*parsed, "host_pid");
  request.host_start = count_member(*parsed, "host_start");
  request.pid_ns = text_member(*parsed, "pid_ns");
  request.worktree = text_member(*parsed, "worktree");
  request.paths = texts_member(*parsed, "paths");
  request.room = static_cast<std::size_t>(count_member(*parsed, "room"));
  if (const Json& acks = member(*parsed, "ack"); acks.is_array()) {
    for (const Json& one : acks) request.ack.push_back(read_ack(one));
  }
  request.is_watching = flag_member(*parsed, "watch");
  if (const Json& writes = member(*parsed, "writes"); writes.is_array()) {
    for (const Json& one : writes) {
      request.writes.push_back({text_member(one, "path"), number_member(one, "at")});
    }
  }
  if (const Result<> good = check_hook_request(request); !good) return good.error();
  return request;
}

std::string encode_hook_answer(const HookAnswer& answer) {
  JsonWriter json;
  json.begin_object()
      .field("v", std::uint64_t{hook_version})
      .field("decision", hook_word(hook_decisions, answer.decision))
      .field("name", answer.name);
  if (answer.holder) {
    json.key("holder").begin_object();
    write_holder(json, *answer.holder);
    json.end_object();
  }
  write_flag(json, "queued", answer.is_queued);
  write_flag(json, "known", answer.is_known);
  write_text(json, "message", answer.message);
  if (!answer.notices.empty()) {
    json.key("notices").begin_array();
    for (const HookNotice& notice : answer.notices) {
      json.begin_object().field("kind", hook_word(hook_notices, notice.kind));
      write_holder(json, notice.about);
      json.end_object();
    }
    json.end_array();
  }
  write_mail(json, answer);
  if (!answer.watch.empty()) json.field("watch", answer.watch);
  if (!answer.added.empty()) json.field("added", answer.added);
  if (answer.brief) {
    json.key("brief").begin_object();
    write_claims(json, "own", answer.brief->own);
    write_claims(json, "others", answer.brief->others);
    json.field("agents", answer.brief->agents).end_object();
  }
  return json.end_object().take();
}

Result<HookAnswer> decode_hook_answer(std::string_view body) {
  const Result<Json> parsed = parse_json(body, "the answer");
  if (!parsed) return parsed.error();
  HookAnswer answer;
  const auto decision =
      of_word<HookAnswer::Decision>(hook_decisions, text_member(*parsed, "decision"));
  if (!decision) return bad_hook("decision", "is none that is known");
  answer.decision = *decision;
  answer.name = AgentName(text_member(*parsed, "name"));
  if (const Json& holder = member(*parsed, "holder"); holder.is_object()) {
    answer.holder = read_holder(holder);
  }
  if (answer.decision == HookAnswer::Decision::held && !answer.holder) {
    return bad_hook("holder", "is missing");
  }
  answer.is_queued = flag_member(*parsed, "queued");
  answer.is_known = flag_member(*parsed, "known");
  answer.message = text_member(*parsed, "message");
  if (const Json& notices = member(*parsed, "notices"); notices.is_array()) {
    for (const Json& one : notices) {
      const auto kind = of_word<HookNotice::Kind>(hook_notices, text_member(one, "kind"));
      if (kind) answer.notices.push_back({*kind, read_holder(one)});
    }
  }
  read_mail(*parsed, answer);
  answer.watch = texts_member(*parsed, "watch");
  answer.added = texts_member(*parsed, "added");
  if (const Json& brief = member(*parsed, "brief"); brief.is_object()) {
    answer.brief =
        HookBrief{read_claims(member(brief, "own")), read_claims(member(brief, "others")), {}};
    for (std::string& name : texts_member(brief, "agents")) {
      answer.brief->agents.emplace_back(std::move(name));
    }
  }
  return answer;
}

}  // namespace synapse::wire
