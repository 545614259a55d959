// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/hub_frames.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/assert.hpp"
#include "base/strings.hpp"
#include "client/receipts.hpp"
#include "mcp/views.hpp"
#include "wire/json_document.hpp"

namespace synapse::mcp {

namespace {

using client::member;

struct ChangeRow {
  std::string_view type;
  Resource resource;
};

// A renewal is missing on purpose: it only moves the end of a lease, every few minutes, of every
// claim that is held this way.
constexpr std::array<ChangeRow, 11> change_table{{
    {"claim_granted", Resource::state},
    {"release_granted", Resource::state},
    {"handoff_granted", Resource::state},
    {"lease_expired", Resource::state},
    {"task_updated", Resource::state},
    {"ledger_task_posted", Resource::board},
    {"ledger_task_updated", Resource::board},
    {"ledger_task_forgotten", Resource::board},
    {"ledger_progress_posted", Resource::board},
    {"capability_advertised", Resource::manifest},
    {"presence_update", Resource::manifest},
}};

struct MakeFrame {
  Json operator()(const Claim&) const {
    SYNAPSE_ASSERT(false && "a claim needs its scope: claim_frame()");
  }
  Json operator()(const Release& call) const {
    return {{"type", "release"}, {"task_id", call.task_id}};
  }
  Json operator()(const Send& call) const {
    Json frame{{"type", "chat"}, {"target", call.target}, {"payload", call.message}};
    if (call.reply_to > 0) frame["in_reply_to"] = call.reply_to;
    return frame;
  }
  Json operator()(const HandOff& call) const {
    return {{"type", "handoff"},
            {"task_id", call.task_id},
            {"to_agent", call.to_agent},
            {"target", call.to_agent}};
  }
  Json operator()(const DeclareTask& call) const {
    return {{"type", "ledger_task"},
            {"task_id", call.task_id},
            {"title", call.title},
            {"depends_on", call.depends_on}};
  }
  Json operator()(const UpdateTask& call) const {
    Json frame{{"type", "ledger_task_update"}, {"task_id", call.task_id}};
    if (call.status) frame["status"] = *call.status;
    if (call.suggested_owner) frame["suggested_owner"] = *call.suggested_owner;
    return frame;
  }
  Json operator()(const Look& call) const {
    switch (call.at) {
      case Resource::board:
        return {{"type", "board_request"}};
      case Resource::state:
        return {{"type", "state_request"}};
      case Resource::manifest:
        return {{"type", "manifest_request"}};
      case Resource::inbox:
        return (*this)(ReadInbox{});
    }
    SYNAPSE_ASSERT(false && "a resource without a request");
  }
  Json operator()(const ShowState&) const { return {{"type", "state_request"}}; }
  Json operator()(const WhoHolds&) const { return {{"type", "state_request"}}; }
  Json operator()(const ReadInbox& call) const {
    return {{"type", "inbox_request"}, {"limit", std::max<std::uint64_t>(call.limit, 1)}};
  }
};

std::string shown_paths(const Json& frame) {
  const std::vector<std::string> paths = texts_member(frame, "paths");
  const std::string worktree = text_member(frame, "worktree");
  const std::string of = worktree.empty() ? "" : " of " + worktree;
  if (paths.empty() || (paths.size() == 1 && paths[0].empty())) return "the whole worktree" + of;
  return base::join(paths, ", ") + of;
}

// What a program needs of a frame: those fields of it that it has.
Json picked(const Json& frame, std::initializer_list<const char*> names) {
  Json object = Json::object();
  for (const char* name : names) {
    if (const Json& value = member(frame, name); !value.is_null()) object[name] = value;
  }
  return object;
}

// A message as a model reads it: `#412 (again) shop/bob: it is done`.
std::string message_line(const Json& message) {
  std::string line = "#" + std::to_string(wire::count_member(message, "msg_id")) + " ";
  if (wire::flag_member(message, "again")) line += "(again) ";
  const std::uint64_t answered = wire::count_member(message, "in_reply_to");
  if (answered > 0) line += "(answers #" + std::to_string(answered) + ") ";
  return line + text_member(message, "sender") + ": " + text_member(message, "payload");
}

struct Describe {
  const Json& frame;
  const std::string& me;

  Outcome operator()(const Claim& call) const {
    Outcome outcome =
        done("claimed " + quoted(call.task_id) + " as " + me + ": " + shown_paths(frame),
             {"task_id", "worktree", "paths", "epoch", "lease_expires_at"});
    outcome.structured["you"] = me;
    return outcome;
  }
  Outcome operator()(const Release& call) const {
    return done("released " + quoted(call.task_id), {"task_id"});
  }
  Outcome operator()(const Send& call) const {
    std::string text = "sent to " + call.target;
    if (text_member(frame, "type") != "chat_accepted") {
      return done(std::move(text), {"target", "msg_id"});
    }
    const client::Receipts receipts(frame);
    for (const client::Standing& standing : receipts.recipients()) {
      text += "\n" + receipts.line_of(standing, wire::number_member(frame, "timestamp"));
    }
    return done(std::move(text), {"msg_id", "recipients"});
  }
  Outcome operator()(const HandOff& call) const {
    return done("handed " + quoted(call.task_id) + " over to " + call.to_agent,
                {"task_id", "owner", "epoch"});
  }
  Outcome operator()(const DeclareTask& call) const {
    return plan_task(quoted(call.task_id) + " is on the plan");
  }
  Outcome operator()(const UpdateTask& call) const {
    const Json& task = member(frame, "task");
    std::string text = quoted(call.task_id) + " is " + text_member(task, "status");
    const std::string owner = text_member(task, "suggested_owner");
    if (!owner.empty()) text += ", suggested to " + owner;
    return plan_task(std::move(text));
  }
  Outcome operator()(const Look& call) const {
    Json view;
    std::string text;
    switch (call.at) {
      case Resource::board:
        view = member(frame, "board");
        text = board_text(view);
        break;
      case Resource::state:
        view = member(frame, "snapshot");
        break;
      case Resource::manifest:
        // A list, where a structured result is an object.
        view = {{"manifest", member(frame, "manifest")}};
        text = manifest_text(view["manifest"]);
        break;
      case Resource::inbox:
        view = picked(frame, {"agent", "messages", "unseen", "dropped"});
        break;
    }
    if (!view.is_object()) return refused("the hub's answer can't be read");
    if (member(frame, "truncated") == true) view["truncated"] = true;
    return {Verdict::done, std::move(text), std::move(view), {}};
  }
  // Those need more than one frame: see views.hpp.
  Outcome operator()(const ShowState&) const { return refused("the hub's answer can't be read"); }
  Outcome operator()(const WhoHolds&) const { return refused("the hub's answer can't be read"); }
  Outcome operator()(const ReadInbox&) const {
    const Json& messages = member(frame, "messages");
    std::string text;
    for (const Json& message : messages) text += message_line(message) + "\n";
    if (messages.empty()) text = "no messages wait for you\n";
    const std::uint64_t unseen = wire::count_member(frame, "unseen");
    if (unseen > messages.size()) {
      text += "and " + std::to_string(unseen - messages.size()) + " more\n";
    }
    const std::uint64_t dropped = wire::count_member(frame, "dropped");
    if (dropped > 0) text += std::to_string(dropped) + " were dropped before you read them\n";
    text.pop_back();
    return done(std::move(text), {"agent", "messages", "unseen", "dropped"});
  }

 private:
  [[nodiscard]] Outcome done(std::string text, std::initializer_list<const char*> names) const {
    return {Verdict::done, std::move(text), picked(frame, names), {}};
  }
  [[nodiscard]] Outcome plan_task(std::string text) const {
    const Json& task = member(frame, "task");
    return {
        Verdict::done, std::move(text), task.is_object() ? task : picked(frame, {"task_id"}), {}};
  }
};

struct WhatItDoes {
  std::string operator()(const Claim& call) const { return "claim " + quoted(call.task_id); }
  std::string operator()(const Release& call) const { return "release " + quoted(call.task_id); }
  std::string operator()(const Send& call) const { return "send to " + call.target; }
  std::string operator()(const HandOff& call) const { return "hand over " + quoted(call.task_id); }
  std::string operator()(const DeclareTask& call) const {
    return "declare " + quoted(call.task_id);
  }
  std::string operator()(const UpdateTask& call) const { return "update " + quoted(call.task_id); }
  std::string operator()(const Look&) const { return "read"; }
  std::string operator()(const ShowState&) const { return "read the state"; }
  std::string operator()(const WhoHolds& call) const { return "look for who holds " + call.path; }
  std::string operator()(const ReadInbox&) const { return "read the inbox"; }
};

}  // namespace

Json frame_of(const Call& call) { return std::visit(MakeFrame{}, call); }

std::vector<std::uint64_t> message_ids(const Json& inbox_snapshot) {
  std::vector<std::uint64_t> ids;
  for (const Json& message : member(inbox_snapshot, "messages")) {
    ids.push_back(wire::count_member(message, "msg_id"));
  }
  return ids;
}

Json claim_frame(const std::string& task_id, const ClaimScope& scope, std::chrono::seconds ttl) {
  return {{"type", "claim"},      {"task_id", task_id},
          {"note", "mcp"},        {"worktree", scope.worktree},
          {"paths", scope.paths}, {"ttl_seconds", ttl.count()}};
}

Outcome outcome_of(const Call& call, const Reply& reply, const std::string& me) {
  const Json& frame = *reply.frame;
  if (reply.granted) return std::visit(Describe{frame, me}, call);
  Outcome outcome =
      refused("could not " + std::visit(WhatItDoes{}, call) + ": " + refusal_text(frame));
  outcome.structured = picked(frame, {"code", "task_id", "holder", "conflict_task_id",
                                      "lease_expires_at", "current_epoch"});
  return outcome;
}

Outcome refused(std::string text) {
  return {Verdict::refused, std::move(text), Json::object(), {}};
}

Outcome unanswered(const Call& call, const Error& why) {
  std::string text = "could not " + std::visit(WhatItDoes{}, call) + ": no answer from the hub (" +
                     why.message + ")";
  // Who only looks has nothing to check.
  const bool only_looks =
      std::holds_alternative<Look>(call) || std::holds_alternative<ReadInbox>(call) ||
      std::holds_alternative<ShowState>(call) || std::holds_alternative<WhoHolds>(call);
  if (!only_looks) {
    text += "; it may have been done: see synapse_state and synapse_board before you try again";
  }
  return {Verdict::unanswered, std::move(text), {{"code", wire_name(why.code)}}, {}};
}

std::string refusal_text(const Json& frame) {
  std::string text = text_member(frame, "payload");
  if (text.empty()) text = "the hub refused it";
  // A hub of the original names the holder in a field alone.
  const std::string holder = text_member(frame, "holder");
  if (text_member(frame, "type") == "claim_denied" && !holder.empty() &&
      text.find(holder) == std::string::npos) {
    text += " (held by " + holder + ")";
  }
  return text;
}

std::vector<std::string> broadcast_types() {
  std::vector<std::string> types;
  for (const ChangeRow& row : change_table) types.emplace_back(row.type);
  return types;
}

std::vector<Resource> changes(const Json& frame) {
  const std::string type = text_member(frame, "type");
  // Who comes has no card yet.
  if (type == "presence_update" && text_member(frame, "event") != "left") return {};
  std::vector<Resource> changed;
  for (const ChangeRow& row : change_table) {
    if (row.type == type) changed.push_back(row.resource);
  }
  return changed;
}

}  // namespace synapse::mcp
