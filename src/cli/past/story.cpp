// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/past/story.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "cli/output/render.hpp"
#include "store/event_codec.hpp"
#include "wire/json_writer.hpp"

namespace synapse::cli {

namespace {

namespace kind = store::kind;

constexpr std::size_t text_shown_max = 400;

std::string beginning(const std::string& text) {
  return text.size() <= text_shown_max
             ? text
             : std::string(wire::json_prefix(text, text_shown_max)) + " …";
}

std::vector<std::string> added_paths(const std::vector<std::string>& before,
                                     const std::vector<std::string>& now) {
  std::vector<std::string> added;
  for (const std::string& path : now) {
    if (std::find(before.begin(), before.end(), path) == before.end()) added.push_back(path);
  }
  return added;
}

std::string files_of(const PastEvent& event) {
  if (!event.has_files) return "'" + shown(event.task_id) + "'";
  constexpr std::size_t paths_shown = 4;
  std::string list;
  for (std::size_t i = 0; i < std::min(paths_shown, event.paths.size()); ++i) {
    list += (i == 0 ? "" : ", ") +
            (event.paths[i].empty() ? "the whole work tree" : shown(event.paths[i]));
  }
  if (event.paths.empty()) list = "the whole work tree";
  if (event.paths.size() > paths_shown) {
    list += " and " + std::to_string(event.paths.size() - paths_shown) + " more";
  }
  return list + " under '" + shown(event.task_id) + "'";
}

std::string spaced(std::string words) {
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string held_for(const PastEvent& event) {
  return event.held_for ? " after " + base::span_of(*event.held_for) : "";
}

std::string waited(const PastEvent& event) {
  return event.waited ? " after " + base::span_of(*event.waited) + " of waiting" : "";
}

std::string with_text(const PastEvent& event) {
  return event.text.empty() ? "" : ": " + shown(event.text);
}

std::optional<PastEvent> of_plan(PastEvent event, std::string_view record, const Json& payload) {
  event.task_id = text_of(payload, "task_id");
  if (record == kind::plan_forgotten) {
    event.kind = "forgotten";
  } else if (record == kind::ledger_task) {
    event.kind = "planned";
    event.agent = text_of(payload, "created_by");
    event.other = text_of(payload, "status");
    event.text = beginning(text_of(payload, "title"));
  } else {
    event.kind = "progress";
    event.agent = text_of(payload, "author");
    event.text = beginning(text_of(payload, "text"));
  }
  return event;
}

std::optional<PastEvent> of_talk(PastEvent event, std::string_view record, const Json& payload) {
  if (record == kind::chat) {
    event.kind = "said";
    event.agent = text_of(payload, "sender");
    event.other = text_of(payload, "target");
    event.text = beginning(wire::shown_text(member(payload, "payload")));
    return event;
  }
  event.kind = "delivered";
  event.other = text_of(payload, "state");
  event.agent = base::join(texts_of(payload, "agents"), ", ");
  std::string ids;
  for (const Json& id : member(payload, "msg_ids"))
    ids += (ids.empty() ? "#" : ", #") + wire::shown_text(id);
  event.text = ids;
  return event;
}

std::optional<PastEvent> of_others(PastEvent event, std::string_view record, const Json& payload) {
  if (record == kind::resource) {
    event.kind = "offered";
    event.agent = text_of(payload, "agent");
    event.text = text_of(payload, "kind") + " " + text_of(payload, "name");
  } else if (record == kind::finding) {
    event.kind = "found";
    event.agent = text_of(member(payload, "provenance"), "actor");
    event.text = beginning(text_of(payload, "statement"));
  } else if (record == kind::recall) {
    event.kind = "recalled";
    event.agent = text_of(payload, "by");
    event.text = beginning(text_of(payload, "query_text"));
  } else if (record == kind::agent_seen) {
    event.kind = "seen";
    event.agent = text_of(payload, "agent");
  } else if (record == kind::unclaimed_write) {
    event.kind = "wrote-across";
    event.agent = text_of(payload, "agent");
    event.other = text_of(payload, "holder");
    event.worktree = text_of(payload, "worktree");
    event.paths = {text_of(payload, "path")};
    event.has_files = true;
  } else {
    return std::nullopt;
  }
  return event;
}

}  // namespace

const std::vector<std::string>& past_kinds() {
  static const std::vector<std::string> kinds = {
      "claimed",    "extended", "narrowed",      "renewed",  "released",  "expired",
      "handed-off", "status",   "checkpoint",    "planned",  "forgotten", "progress",
      "refused",    "waits",    "waits-no-more", "joined",   "left",      "said",
      "delivered",  "offered",  "found",         "recalled", "seen",      "wrote-across"};
  return kinds;
}

bool is_told(const std::string& kind) {
  return kind != "renewed" && kind != "delivered" && kind != "joined" && kind != "left";
}

bool is_witnessed(const std::string& kind) {
  return kind == "refused" || kind == "waits" || kind == "waits-no-more" || kind == "joined" ||
         kind == "left";
}

std::optional<PastEvent> Story::next(const store::RecordView& record) {
  const std::string_view what = record.kind;
  if (what == kind::idempotency || what == kind::epochs_reserved) return std::nullopt;
  const Result<Json> payload = wire::parse_json(record.payload, "the record", 2 * wire::depth_max);
  if (!payload || !payload->is_object()) return std::nullopt;
  PastEvent event;
  event.seq = record.seq;
  event.ts = record.ts;
  event.task_id = text_of(*payload, "task_id");
  if (what == kind::claim || what == kind::task_update || what == kind::checkpoint ||
      what == kind::handoff) {
    return lease(std::move(event), std::string(what), *payload);
  }
  if (what == kind::release || what == kind::lease_expired) {
    event.kind = what == kind::release ? "released" : "expired";
    return ended(std::move(event), *payload);
  }
  if (what == kind::lease_renewed || what == kind::lease_updated || what == kind::lease_extended) {
    return changed(std::move(event), std::string(what), *payload);
  }
  if (what == kind::ledger_task || what == kind::ledger_progress || what == kind::plan_forgotten) {
    return of_plan(std::move(event), what, *payload);
  }
  if (what == kind::chat || what == kind::mail_noted) {
    return of_talk(std::move(event), what, *payload);
  }
  if (store::is_witness(what)) return witnessed(std::move(event), std::string(what), *payload);
  return of_others(std::move(event), what, *payload);
}

std::optional<PastEvent> Story::witnessed(PastEvent event, const std::string& record,
                                          const Json& payload) {
  event.agent = text_of(payload, "agent");
  event.other = text_of(payload, "other");
  event.text = text_of(payload, "word");
  event.worktree = text_of(payload, "worktree");
  event.paths = texts_of(payload, "paths");
  event.has_files = !event.paths.empty();
  const std::pair key{event.agent, event.task_id};
  if (record == kind::refused) {
    event.kind = "refused";
    event.count = std::max<std::uint64_t>(1, wire::count_member(payload, "number"));
  } else if (record == kind::queued || record == kind::wait) {
    event.kind = "waits";
    waiting_.try_emplace(key, event.ts);
  } else if (record == kind::unqueued) {
    event.kind = "waits-no-more";
    if (const auto since = waiting_.find(key); since != waiting_.end()) {
      event.waited = event.ts - since->second;
      waiting_.erase(since);
    }
  } else {
    event.kind = record;
    std::erase_if(waiting_, [&event](const auto& one) { return one.first.first == event.agent; });
  }
  return event;
}

void Story::set_scope(PastEvent& event, const Held& held) {
  event.agent = held.owner;
  event.worktree = held.worktree;
  event.paths = held.paths;
  event.has_files = held.has_files;
}

std::optional<PastEvent> Story::lease(PastEvent event, const std::string& record,
                                      const Json& payload) {
  Held now{text_of(payload, "owner"),
           text_of(payload, "worktree"),
           texts_of(payload, "paths"),
           text_of(payload, "scope") != "none",
           wire::count_member(payload, "epoch"),
           event.ts};
  const auto known = held_.find(event.task_id);
  const bool is_same =
      known != held_.end() && known->second.owner == now.owner && known->second.epoch == now.epoch;
  const Held before = is_same ? known->second : Held();
  if (is_same) now.since = before.since;
  const std::optional<double> had =
      known == held_.end() ? std::nullopt : std::optional(event.ts - known->second.since);
  set_scope(event, now);
  held_[event.task_id] = now;
  event.until = wire::number_member(payload, "lease_expires_at");
  if (record == kind::handoff) {
    event.kind = "handed-off";
    event.other = text_of(payload, "previous_owner");
    event.held_for = had;
    event.text = beginning(text_of(payload, "note"));
  } else if (record == kind::checkpoint) {
    event.kind = "checkpoint";
    event.text = beginning(text_of(payload, "checkpoint"));
  } else if (record == kind::task_update) {
    event.kind = "status";
    event.text = text_of(payload, "status");
  } else if (!is_same) {
    event.kind = "claimed";
    event.text = beginning(text_of(payload, "note"));
    if (const auto since = waiting_.find({now.owner, event.task_id}); since != waiting_.end()) {
      event.waited = event.ts - since->second;
      waiting_.erase(since);
    }
  } else if (std::vector<std::string> more = added_paths(before.paths, now.paths); !more.empty()) {
    event.kind = "extended";
    event.paths = std::move(more);
  } else if (std::vector<std::string> less = added_paths(now.paths, before.paths); !less.empty()) {
    event.kind = "narrowed";
    event.paths = std::move(less);
  } else {
    event.kind = "renewed";
  }
  return event;
}

std::optional<PastEvent> Story::ended(PastEvent event, const Json& payload) {
  const auto known = held_.find(event.task_id);
  event.agent = text_of(payload, "owner");
  if (known == held_.end()) return event;
  set_scope(event, known->second);
  event.held_for = event.ts - known->second.since;
  held_.erase(known);
  return event;
}

std::optional<PastEvent> Story::changed(PastEvent event, const std::string& record,
                                        const Json& payload) {
  const auto known = held_.find(event.task_id);
  if (known != held_.end()) set_scope(event, known->second);
  if (record != kind::lease_updated) {
    event.until = wire::number_member(payload, "lease_expires_at");
  }
  if (record == kind::lease_renewed) {
    event.kind = "renewed";
  } else if (record == kind::lease_updated) {
    event.kind = "status";
    event.text = text_of(payload, "status");
  } else {
    event.kind = "extended";
    event.paths = texts_of(payload, "paths");
    event.has_files = true;
    if (known != held_.end()) {
      known->second.paths.insert(known->second.paths.end(), event.paths.begin(), event.paths.end());
    }
  }
  return event;
}

std::string sentence(const PastEvent& event) {
  const std::string agent = event.agent.empty() ? "somebody" : shown(event.agent);
  const std::string task = "'" + shown(event.task_id) + "'";
  const std::string& kind = event.kind;
  if (kind == "claimed") {
    return agent + " claimed " + files_of(event) + waited(event) + with_text(event);
  }
  if (kind == "extended") return agent + " also claimed " + files_of(event);
  if (kind == "narrowed") return agent + " gave back " + files_of(event);
  if (kind == "renewed") return agent + " renewed " + task;
  if (kind == "released") return agent + " released " + files_of(event) + held_for(event);
  if (kind == "expired") {
    return "the lease of " + agent + " on " + files_of(event) + " ran out" + held_for(event);
  }
  if (kind == "handed-off") {
    return shown(event.other) + " handed " + files_of(event) + " to " + agent + held_for(event) +
           with_text(event);
  }
  if (kind == "status") {
    return agent + " is " + spaced(shown(event.text)) + " on " + task;
  }
  if (kind == "checkpoint") return agent + " saved a checkpoint of " + task + with_text(event);
  if (kind == "refused") {
    const std::string why = event.other.empty() ? ": " + spaced(shown(event.text))
                                                : ": " + shown(event.other) + " has it";
    return agent + " was refused " + files_of(event) +
           (event.count > 1 ? " " + std::to_string(event.count) + " times" : "") + why;
  }
  if (kind == "waits") return agent + " waits for " + shown(event.other) + ": " + files_of(event);
  if (kind == "waits-no-more") {
    return agent + " waits no more for " + task + waited(event) + ": " + spaced(shown(event.text));
  }
  if (kind == "wrote-across") {
    return agent + " wrote " + shown(event.paths.front()) + ", which " + shown(event.other) +
           " holds under " + task;
  }
  if (kind == "joined") return agent + " came";
  if (kind == "left") return agent + " left";
  if (kind == "planned") return task + " on the plan is " + shown(event.other) + with_text(event);
  if (kind == "forgotten") return task + " is off the plan";
  if (kind == "progress") {
    return agent + (event.task_id.empty() ? "" : " on " + task) + with_text(event);
  }
  if (kind == "said") {
    const bool is_directed = !event.other.empty() && event.other != "all";
    return agent + (is_directed ? " to " + shown(event.other) : "") + with_text(event);
  }
  if (kind == "delivered") return agent + ": " + shown(event.other) + " " + event.text;
  if (kind == "offered") return agent + " offers " + shown(event.text);
  if (kind == "found") return agent + " found" + with_text(event);
  if (kind == "recalled") return agent + " asked a memory" + with_text(event);
  return agent + " was here for the first time";
}

Json to_json(const PastEvent& event) {
  Json json{{"seq", event.seq}, {"ts", event.ts}, {"kind", event.kind}};
  const auto text = [&json](const char* name, const std::string& value) {
    if (!value.empty()) json[name] = value;
  };
  text("agent", event.agent);
  text("other", event.other);
  text("task_id", event.task_id);
  text("worktree", event.worktree);
  if (event.has_files) json["paths"] = event.paths;
  text("text", event.text);
  if (event.until) json["lease_expires_at"] = *event.until;
  if (event.held_for) json["held_seconds"] = *event.held_for;
  if (event.waited) json["waited_seconds"] = *event.waited;
  if (event.count > 1) json["count"] = event.count;
  json["sentence"] = sentence(event);
  return json;
}

}  // namespace synapse::cli
