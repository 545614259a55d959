// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/activity.hpp"

#include <algorithm>

namespace synapse::wire {

namespace {

using Kind = ActivityLine::Kind;

std::string_view word_of(Kind kind) {
  switch (kind) {
    case Kind::granted:
      return "granted";
    case Kind::extended:
      return "extended";
    case Kind::narrowed:
      return "narrowed";
    case Kind::released:
      return "released";
    case Kind::expired:
      return "expired";
    case Kind::handed_off:
      return "handed_off";
    case Kind::status:
      return "status";
    case Kind::checkpoint:
      return "checkpoint";
    case Kind::refused:
      return "refused";
    case Kind::queued:
      return "queued";
    case Kind::unqueued:
      return "unqueued";
    case Kind::waits:
      return "waits";
    case Kind::joined:
      return "joined";
    case Kind::left:
      return "left";
    case Kind::said:
      return "said";
    case Kind::planned:
      return "planned";
    case Kind::progress:
      return "progress";
    case Kind::operated:
      return "operated";
    case Kind::read_only:
      return "read_only";
  }
  return {};
}

// Keeps the memory of the texts.
void start_line(ActivityLine& line, Kind kind, double now) {
  line.kind = kind;
  line.at = now;
  for (std::string* text : {&line.agent, &line.other, &line.task_id, &line.other_task, &line.word,
                            &line.text, &line.worktree}) {
    text->clear();
  }
  line.paths.clear();
  line.number = 0;
  line.waited = 0;
}

void set_text(ActivityLine& line, std::string_view text) {
  line.text.assign(json_prefix(text, ActivityLine::text_bytes_max));
}

void set_scope(ActivityLine& line, const std::string& worktree,
               const std::vector<std::string>& paths) {
  line.worktree = worktree;
  const std::size_t count = std::min(paths.size(), ActivityLine::paths_max);
  line.paths.assign(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(count));
}

struct DescribeEvent {
  const AgentName& actor;
  double now;
  ActivityLine& line;

  bool operator()(const core::LeaseGranted& event) const {
    return lease(Kind::granted, event.lease, event.lease.paths);
  }
  bool operator()(const core::LeaseExtended& event) const {
    return lease(Kind::extended, event.lease, event.added);
  }
  bool operator()(const core::LeaseNarrowed& event) const {
    return lease(Kind::narrowed, event.lease, event.given_up);
  }
  bool operator()(const core::TaskUpdated& event) const {
    lease(Kind::status, event.lease, {});
    line.word = word(event.lease.status);
    return true;
  }
  bool operator()(const core::CheckpointSaved& event) const {
    lease(Kind::checkpoint, event.lease, {});
    set_text(line, event.lease.checkpoint);
    return true;
  }
  bool operator()(const core::LeaseHandedOff& event) const {
    lease(Kind::handed_off, event.lease, event.lease.paths);
    line.other = event.previous_owner.text;
    return true;
  }
  bool operator()(const core::LeaseReleased& event) const {
    return task(Kind::released, event.owner, event.task_id);
  }
  bool operator()(const core::LeaseExpired& event) const {
    return task(Kind::expired, event.owner, event.task_id);
  }
  bool operator()(const core::PlanTaskDeclared& event) const { return plan(event.task); }
  bool operator()(const core::PlanTaskUpdated& event) const { return plan(event.task); }
  bool operator()(const core::ProgressPosted& event) const {
    start_line(line, Kind::progress, now);
    line.agent = event.note.author;
    line.task_id = event.note.task_id.text;
    line.word = word(event.note.kind);
    set_text(line, event.note.text);
    return true;
  }
  bool operator()(const core::ChatPosted& event) const {
    start_line(line, Kind::said, now);
    line.agent = event.message.sender.text;
    line.other.assign(json_prefix(event.message.target, ActivityLine::text_bytes_max));
    line.number = event.message.id.value;
    return true;
  }
  bool operator()(const core::AgentJoined& event) const {
    return task(Kind::joined, event.agent, TaskId());
  }
  bool operator()(const core::AgentLeft& event) const {
    return task(Kind::left, event.agent, TaskId());
  }
  bool operator()(const core::WaitStarted& event) const {
    task(Kind::waits, event.waiter, event.task_id);
    line.other = event.holder.text;
    return true;
  }
  bool operator()(const core::ClaimQueued& event) const {
    task(Kind::queued, event.agent, event.claim.task_id);
    line.other = event.holder.text;
    line.number = event.position;
    set_scope(line, event.claim.worktree, event.claim.paths);
    return true;
  }
  bool operator()(const core::ClaimUnqueued& event) const {
    task(Kind::unqueued, event.agent, event.task_id);
    line.word = wire_name(event.why);
    return true;
  }
  bool operator()(const core::OperatorActed& event) const {
    task(Kind::operated, event.by, event.task_id);
    line.other = event.agent.text;
    line.word = event.action;
    set_text(line, core::sentence(event));
    return true;
  }
  // Renewals are told together, and the rest concerns nobody who looks on.
  template <class Other>
  bool operator()(const Other&) const {
    return false;
  }

 private:
  bool task(Kind kind, const AgentName& agent, const TaskId& task_id) const {
    start_line(line, kind, now);
    line.agent = agent.text;
    line.task_id = task_id.text;
    return true;
  }
  bool lease(Kind kind, const core::Lease& lease, const std::vector<std::string>& paths) const {
    task(kind, lease.owner, lease.task_id);
    set_scope(line, lease.worktree, paths);
    return true;
  }
  bool plan(const core::PlanTask& task) const {
    start_line(line, Kind::planned, now);
    line.agent = actor.text;
    line.task_id = task.task_id.text;
    line.word = word(task.status);
    set_text(line, task.title);
    return true;
  }
};

void write_unread(JsonWriter& json, const std::vector<AgentName>& agents,
                  const core::Machine& machine) {
  json.key("unread").begin_object();
  for (const AgentName& agent : agents) {
    const core::Mailroom::Box* box = machine.mail().box(agent);
    json.field(agent.text, static_cast<std::uint64_t>(box == nullptr ? 0 : box->open.size()));
  }
  json.end_object();
}

}  // namespace

bool describe(const core::Event& event, const AgentName& actor, double now, ActivityLine& line) {
  return std::visit(DescribeEvent{actor, now, line}, event);
}

void describe(const core::Refusal& refusal, const AgentName& actor, const core::Command* command,
              double now, ActivityLine& line) {
  start_line(line, Kind::refused, now);
  line.agent = actor.text;
  line.word = wire_name(refusal.error.code);
  set_text(line, refusal.error.message);
  if (refusal.task_id) line.task_id = refusal.task_id->text;
  if (refusal.holder) line.other = refusal.holder->text;
  if (refusal.conflict_task_id) line.other_task = refusal.conflict_task_id->text;
  if (command == nullptr) return;
  if (const auto* claim = std::get_if<core::ClaimTask>(command)) {
    line.task_id = claim->task_id.text;
    if (claim->coverage == core::Coverage::files) set_scope(line, claim->worktree, claim->paths);
  } else if (const auto* more = std::get_if<core::ExtendLease>(command)) {
    line.task_id = more->task_id.text;
    set_scope(line, {}, more->paths);
  }
}

void describe_failure(const std::string& reason, double now, ActivityLine& line) {
  start_line(line, Kind::read_only, now);
  set_text(line, reason);
}

namespace {

enum class Text { left_out, written };

void write_members(JsonWriter& json, const ActivityLine& line, Text people) {
  const auto text = [&json](std::string_view name, const std::string& content) {
    if (!content.empty()) json.field(name, content);
  };
  text("agent", line.agent);
  text("other", line.other);
  text("task_id", line.task_id);
  text("other_task_id", line.other_task);
  text("word", line.word);
  if (people == Text::written) text("text", line.text);
  text("worktree", line.worktree);
  if (!line.paths.empty()) json.field("paths", line.paths);
  if (line.number != 0) json.field("number", line.number);
  if (line.waited > 0) json.field("waited", line.waited);
}

}  // namespace

void write(JsonWriter& json, const ActivityLine& line) {
  json.begin_object().field("kind", word_of(line.kind)).field("at", line.at);
  write_members(json, line, Text::written);
  json.end_object();
}

std::string witness_record(const ActivityLine& line) {
  switch (line.kind) {
    case Kind::refused:
    case Kind::queued:
    case Kind::unqueued:
    case Kind::waits:
    case Kind::joined:
    case Kind::left: {
      JsonWriter json;
      json.begin_object();
      write_members(json, line, Text::left_out);
      return json.end_object().take();
    }
    default:
      return {};
  }
}

std::string mail_activity(const core::Event& event, const core::Machine& machine) {
  JsonWriter json;
  if (const auto* kept = std::get_if<core::MailKept>(&event)) {
    json.begin_object().field("kind", "kept").field("msg_ids", std::vector{kept->message.id});
    json.field("agents", kept->recipients).field("word", "kept").field("at", kept->at);
    if (!kept->thread.empty()) json.field("thread", kept->thread);
    write_unread(json, kept->recipients, machine);
    return json.end_object().take();
  }
  if (const auto* noted = std::get_if<core::MailNoted>(&event)) {
    json.begin_object().field("kind", "delivered").field("msg_ids", noted->ids);
    json.field("agents", noted->agents).field("word", word(noted->state)).field("at", noted->at);
    if (noted->why != core::DropReason::none) json.field("why", word(noted->why));
    if (noted->answer.value != 0) json.field("answer", noted->answer);
    write_unread(json, noted->agents, machine);
    return json.end_object().take();
  }
  return {};
}

}  // namespace synapse::wire
