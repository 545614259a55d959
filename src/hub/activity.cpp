// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/activity.hpp"

#include <algorithm>
#include <iterator>

#include "store/event_codec.hpp"
#include "wire/json_writer.hpp"

namespace synapse::hub {

namespace {

// Of one broadcast that is repeated in a frame of activity, and of all of them together.
constexpr std::size_t item_bytes_max = 64UL << 10U;
constexpr std::size_t items_bytes_max = 768UL << 10U;
// A frame that has grown so far leaves at once.
constexpr std::size_t items_bytes_full = 128UL << 10U;
constexpr std::size_t together_max = 4096;
constexpr std::size_t refusals_max = 4096;

std::string_view row_kind(wire::ActivityLine::Kind kind) {
  using Kind = wire::ActivityLine::Kind;
  if (kind == Kind::refused) return store::kind::refused;
  if (kind == Kind::queued) return store::kind::queued;
  if (kind == Kind::unqueued) return store::kind::unqueued;
  if (kind == Kind::waits) return store::kind::wait;
  return kind == Kind::joined ? store::kind::joined : store::kind::left;
}

void append(std::string& list, std::string_view item) {
  if (!list.empty()) list += ',';
  list += item;
}

}  // namespace

void Activity::set_watchers(Watchers watchers) {
  is_watched_ = watchers == Watchers::some;
  if (!is_watched_) forget_news();
}

void Activity::saw(const core::Entry& entry, const core::Outcome& outcome, const AgentName& actor,
                   const core::Machine& machine, Turn& turn) {
  for (const core::Event& event : outcome.events) {
    count_waits(event, machine, entry.now);
    if (wire::describe(event, actor, entry.now.wall, next_line())) {
      next_line().waited = std::exchange(waited_, std::nullopt).value_or(0);
      add_line(turn.activity, entry.now);
    } else if (is_watched_) {
      if (const std::string mail = wire::mail_activity(event, machine); !mail.empty()) {
        append(turn.activity, mail);
      }
      const auto* renewed = std::get_if<core::LeaseRenewed>(&event);
      if (renewed != nullptr && renewed_.size() < together_max) {
        renewed_[renewed->lease.task_id] = renewed->lease.expires_at;
      }
    }
  }
  if (!outcome.refusal) return;
  const auto* act = std::get_if<core::Act>(&entry.what);
  if (act == nullptr) return;
  wire::describe(*outcome.refusal, actor, &act->command, entry.now.wall, next_line());
  add_line(turn.activity, entry.now);
}

void Activity::refused(const core::Refusal& refusal, const AgentName& actor, Moment now,
                       Turn& turn) {
  wire::describe(refusal, actor, nullptr, now.wall, next_line());
  add_line(turn.activity, now);
}

void Activity::log_failed(const std::string& reason, Moment now) {
  written_ = 0;
  queued_since_.clear();
  rows_.clear();
  refusals_.clear();
  refusals_due_.reset();
  wire::describe_failure(reason, now.wall, next_line());
  std::string told;
  add_line(told, now);
  ++seq_;  // A watcher has to ask anew: the state is another one.
  if (is_watched_) add_item(told);
}

void Activity::count_waits(const core::Event& event, const core::Machine& machine, Moment now) {
  if (const auto* queued = std::get_if<core::ClaimQueued>(&event)) {
    queued_since_.try_emplace({queued->agent, queued->claim.task_id}, now.wall);
    return;
  }
  if (queued_since_.empty()) return;
  if (const auto* dropped = std::get_if<core::ClaimUnqueued>(&event)) {
    queued_since_.erase({dropped->agent, dropped->task_id});
  } else if (const auto* granted = std::get_if<core::LeaseGranted>(&event)) {
    const auto since = queued_since_.find({granted->lease.owner, granted->lease.task_id});
    if (since == queued_since_.end()) return;
    waited_ = std::max(0.001, now.wall - since->second);
    queued_since_.erase(since);
  } else if (const auto* left = std::get_if<core::AgentLeft>(&event)) {
    // Its claims went with it, but for those whose places are kept for it.
    auto wait = queued_since_.lower_bound({left->agent, TaskId()});
    while (wait != queued_since_.end() && wait->first.first == left->agent) {
      const bool is_kept = machine.queue().find(left->agent, wait->first.second) != nullptr;
      wait = is_kept ? std::next(wait) : queued_since_.erase(wait);
    }
  }
}

void Activity::add_refusal(const wire::ActivityLine& line, Mono now) {
  if (refusals_.size() >= refusals_max) tell_refusals(Untold::all, now);
  const auto [known, is_first] = refusals_.try_emplace({line.agent, line.task_id});
  Refusals& refusals = known->second;
  if (is_first || refusals.told_at + refusal_interval <= now) {
    refusals.newest = line;
    refusals.newest.number = std::exchange(refusals.untold, 0) + 1;
    refusals.told_at = now;
    add_row(refusals.newest);
  } else {
    refusals.newest = line;
    ++refusals.untold;
  }
  if (!refusals_due_) refusals_due_ = now + refusal_interval;
}

void Activity::tell_refusals(Untold which, Mono now) {
  if (which == Untold::due && (!refusals_due_ || *refusals_due_ > now)) return;
  for (auto& [key, refusals] : refusals_) {
    if (which == Untold::due && refusals.told_at + refusal_interval > now) continue;
    if (refusals.untold == 0) continue;
    refusals.newest.number = std::exchange(refusals.untold, 0);
    refusals.told_at = now;
    add_row(refusals.newest);
  }
  std::erase_if(refusals_, [&](const auto& one) {
    return which == Untold::all || one.second.told_at + refusal_interval <= now;
  });
  refusals_due_.reset();
  if (!refusals_.empty()) refusals_due_ = now + refusal_interval;
}

void Activity::add_row(const wire::ActivityLine& line) {
  std::string record = wire::witness_record(line);
  if (record.empty()) return;
  rows_.push_back({line.at, std::string(row_kind(line.kind)), std::move(record),
                   core::Durability::written, store::Table::synapse_events});
}

void Activity::add_line(std::string& told, Moment now) {
  const wire::ActivityLine& line = next_line();
  ++written_;
  if (rows_are_wanted_ && line.kind == wire::ActivityLine::Kind::refused) {
    add_refusal(line, now.mono);
  } else if (rows_are_wanted_) {
    add_row(line);
  }
  if (!is_watched_) return;
  wire::JsonWriter json;
  wire::write(json, line);
  append(told, json.text());
}

void Activity::passed(const Turn& turn) {
  if (is_watched_ && !turn.activity.empty()) add_item(turn.activity);
}

void Activity::passed(std::string_view type, std::string_view frame) {
  // The first has the whole roster in it, and the second is told together.
  if (!is_watched_ || type == "presence_update" || type == "lease_renewed") return;
  if (frame.size() > item_bytes_max) {
    ++seq_;
    return;
  }
  add_item(frame);
}

void Activity::add_item(std::string_view item) {
  if (items_.size() + item.size() > items_bytes_max) {
    ++seq_;
    return;
  }
  append(items_, item);
}

void Activity::heard(const AgentName& agent, double wall) {
  if (is_watched_ && heard_.size() < together_max) heard_[agent] = wall;
}

void Activity::sockets_changed(const AgentName& agent) {
  if (is_watched_ && sockets_changed_.size() < together_max) sockets_changed_.insert(agent);
}

void Activity::forget_news() {
  items_.clear();
  renewed_.clear();
  heard_.clear();
  sockets_changed_.clear();
}

std::optional<Mono> Activity::next_deadline() const {
  std::optional<Mono> next;
  if (!items_.empty()) {
    const bool is_at_once = !frame_sent_ || items_.size() > items_bytes_full;
    next = is_at_once ? Mono(0) : *frame_sent_ + frame_interval;
  }
  if (!renewed_.empty() || !heard_.empty() || !sockets_changed_.empty()) {
    const Mono together = together_sent_ ? *together_sent_ + together_interval : Mono(0);
    next = next ? std::min(*next, together) : together;
  }
  return next;
}

bool Activity::is_due(Mono now) const {
  const std::optional<Mono> next = next_deadline();
  return next && *next <= now;
}

std::string Activity::take(std::string_view hub_id, const core::Seats& seats, Moment now) {
  const bool is_together = !together_sent_ || *together_sent_ + together_interval <= now.mono;
  const bool has_more = !renewed_.empty() || !heard_.empty() || !sockets_changed_.empty();
  if (items_.empty() && !(is_together && has_more)) return {};
  wire::JsonWriter json;
  json.begin_object()
      .field("sender", "SynapseHub")
      .field("target", "all")
      .field("type", "activity")
      .field("payload", "activity")
      .field("timestamp", now.wall)
      .field("hub_id", hub_id)
      .field("seq", ++seq_);
  json.key("items").raw("[" + std::exchange(items_, {}) + "]");
  frame_sent_ = now.mono;
  if (!is_together) return json.end_object().take();
  together_sent_ = now.mono;
  json.key("renewed").begin_object();
  for (const auto& [task_id, expires_at] : renewed_) json.field(task_id.text, expires_at);
  json.end_object().key("heard").begin_object();
  for (const auto& [agent, at] : heard_) json.field(agent.text, at);
  json.end_object().key("sockets").begin_object();
  for (const AgentName& agent : sockets_changed_) {
    json.key(agent.text).begin_array();
    for (const SessionId id : seats.of(agent)) {
      const core::Seat* seat = seats.find(id);
      json.value(seat->seating == core::Seating::alone ? "agent" : core::word(seat->kind));
    }
    json.end_array();
  }
  forget_news();
  return json.end_object().end_object().take();
}

std::string Activity::lines() const {
  std::string list;
  const std::uint64_t count = std::min<std::uint64_t>(written_, lines_max);
  for (std::uint64_t at = written_ - count; at < written_; ++at) {
    wire::JsonWriter json;
    wire::write(json, lines_[at % lines_max]);
    append(list, json.text());
  }
  return list;
}

std::optional<double> Activity::queued_since(const AgentName& agent, const TaskId& task_id) const {
  const auto since = queued_since_.find({agent, task_id});
  if (since == queued_since_.end()) return std::nullopt;
  return since->second;
}

}  // namespace synapse::hub
