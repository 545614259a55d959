// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/story.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "store/event_codec.hpp"
#include "wire/json_writer.hpp"

namespace synapse::past {

namespace {

namespace kind = store::kind;

constexpr std::size_t text_shown_max = 400;

std::string text_of(const Json& object, const char* name) {
  return wire::shown_text(wire::member(object, name));
}

std::vector<std::string> texts_of(const Json& object, const char* name) {
  std::vector<std::string> texts;
  const Json& list = wire::member(object, name);
  if (!list.is_array()) return texts;
  for (const Json& item : list) texts.push_back(wire::shown_text(item));
  return texts;
}

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
    event.text = beginning(wire::shown_text(wire::member(payload, "payload")));
    return event;
  }
  event.kind = "delivered";
  event.other = text_of(payload, "state");
  event.agent = base::join(texts_of(payload, "agents"), ", ");
  std::string ids;
  for (const Json& id : wire::member(payload, "msg_ids"))
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
    event.agent = text_of(wire::member(payload, "provenance"), "actor");
    event.text = beginning(text_of(payload, "statement"));
  } else if (record == kind::recall) {
    event.kind = "recalled";
    event.agent = text_of(payload, "by");
    event.text = beginning(text_of(payload, "query_text"));
  } else if (record == kind::agent_seen) {
    event.kind = "seen";
    event.agent = text_of(payload, "agent");
  } else if (record == kind::operator_acted) {
    const core::OperatorActed acted{
        AgentName(text_of(payload, "by")),    text_of(payload, "action"),
        AgentName(text_of(payload, "agent")), TaskId(text_of(payload, "task_id")),
        AgentName(text_of(payload, "to")),    text_of(payload, "note")};
    event.kind = "operated";
    event.agent = acted.by.text;
    event.other = acted.agent.text;
    event.text = beginning(core::sentence(acted));
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
      "delivered",  "offered",  "found",         "recalled", "seen",      "wrote-across",
      "operated",   "started"};
  return kinds;
}

bool is_told(const std::string& kind) {
  return kind != "renewed" && kind != "delivered" && kind != "joined" && kind != "left";
}

bool is_witnessed(const std::string& kind) {
  return kind == "refused" || kind == "waits" || kind == "waits-no-more" || kind == "joined" ||
         kind == "left" || kind == "started";
}

Story::Story(const core::Machine& machine, const Witnesses& witnesses) {
  for (const auto& [task_id, lease] : machine.leases().all()) {
    held_[task_id.text] = {lease.owner.text,  lease.worktree,
                           lease.paths,       lease.coverage == core::Coverage::files,
                           lease.epoch.value, lease.claimed_at};
  }
  for (const auto& [key, queued] : witnesses.queued()) {
    waiting_[{key.first.text, key.second.text}] = queued.since;
  }
  for (const auto& [agent, wait] : witnesses.waits()) {
    waiting_.try_emplace({agent.text, wait.task_id.text}, wait.since);
  }
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
  if (record == kind::hub_started) {
    event.kind = "started";
    waiting_.clear();
    return event;
  }
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

}  // namespace synapse::past
