// SPDX-License-Identifier: AGPL-3.0-or-later
#include "wire/encode.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "wire/bounds.hpp"
#include "wire/envelope.hpp"
#include "wire/records.hpp"

namespace synapse::wire {

namespace {

// The frame type that refuses a request; whatever is not listed is refused by `error`.
std::string_view denial_of(std::string_view request) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 8> denials{{
      {"claim", "claim_denied"},
      {"extend", "extend_denied"},
      {"release", "release_denied"},
      {"renew", "renew_denied"},
      {"checkpoint", "checkpoint_denied"},
      {"handoff", "handoff_denied"},
      {"wait_request", "wait_denied"},
      {"finding", "finding_rejected"},
  }};
  for (const auto& [type, denial] : denials) {
    if (type == request) return denial;
  }
  return "error";
}

// What this hub can do beyond the original: docs/protocol.md, Features.
void write_features(JsonWriter& json, bool has_operators) {
  json.key("features").begin_array();
  for (const char* word : {"activity", "attach", "extend", "observe"}) json.value(word);
  if (has_operators) json.value("operators");
  for (const char* word : {"pages", "past", "receipts"}) json.value(word);
  json.end_array();
}

// The kinds of the sockets that each name has, of names whose sockets attach.
void write_sockets(JsonWriter& json, const core::Seats& seats) {
  bool is_open = false;
  for (const auto& [name, sessions] : seats.names()) {
    const auto is_attached = [&seats](SessionId session) {
      return seats.find(session)->seating != core::Seating::alone;
    };
    if (std::none_of(sessions.begin(), sessions.end(), is_attached)) continue;
    if (!std::exchange(is_open, true)) json.key("sockets").begin_object();
    json.key(name.text).begin_array();
    for (const SessionId session : sessions) json.value(core::word(seats.find(session)->kind));
    json.end_array();
  }
  if (is_open) json.end_object();
}

// Room for the envelope and what else a snapshot says, beside its bulk.
constexpr std::size_t overhead_bytes = 4096;

// Counts what has gone into a snapshot and says when it is full.
class Budget {
 public:
  Budget(std::size_t max_bytes) : left_(max_bytes - std::min(max_bytes, overhead_bytes)) {}

  bool take(std::size_t bytes) {
    if (bytes + 1 > left_) {
      full_ = true;
      return false;
    }
    left_ -= bytes + 1;
    return true;
  }
  [[nodiscard]] bool is_full() const { return full_; }

 private:
  std::size_t left_;
  bool full_ = false;
};

void write_truncated(JsonWriter& json, const Budget& budget) {
  if (budget.is_full()) json.key("truncated").boolean(true);
}

}  // namespace

void write_online(JsonWriter& json, const core::Presence& presence) {
  const std::size_t bytes_max = json.text().size() + broadcast_bytes_max / 2;
  bool has_cut = false;
  json.key("online_agents").begin_array();
  for (const AgentName& name : presence.online()) {
    has_cut = json.text().size() > bytes_max;
    if (has_cut) break;
    json.value(name);
  }
  json.end_array();
  if (has_cut) json.key("truncated").boolean(true);
}

std::string Encoder::refusal(const core::Refusal& refusal, std::string_view in_reply_to,
                             std::string_view target, double now) const {
  const std::string_view type = denial_of(in_reply_to);
  JsonWriter json = Envelope{hub_id_, now}.open(type, target, refusal.error.message);
  json.field("code", wire_name(refusal.error.code)).field("in_reply_to", in_reply_to);
  if (refusal.task_id) json.field("task_id", *refusal.task_id);
  if (refusal.holder) json.field("holder", *refusal.holder);
  if (refusal.conflict_task_id) json.field("conflict_task_id", *refusal.conflict_task_id);
  if (refusal.lease_expires_at) json.field("lease_expires_at", *refusal.lease_expires_at);
  if (refusal.lapsed_at) json.field("lapsed_at", *refusal.lapsed_at);
  if (refusal.current_epoch) json.field("current_epoch", *refusal.current_epoch);
  if (refusal.current_version) json.field("current_version", *refusal.current_version);
  if (type == "finding_rejected") json.field("reasons", refusal.reasons);
  return json.end_object().take();
}

std::string Encoder::error(std::string_view type, const Error& error, std::string_view target,
                           double now, std::string_view in_reply_to) const {
  JsonWriter json = Envelope{hub_id_, now}.open(type, target, error.message);
  json.field("code", wire_name(error.code));
  if (!in_reply_to.empty()) json.field("in_reply_to", in_reply_to);
  return json.end_object().take();
}

std::string Encoder::name_conflict(const core::Refusal& refusal, std::string_view target,
                                   double now, std::string_view in_reply_to) const {
  JsonWriter json = Envelope{hub_id_, now}.open("name_conflict", target, refusal.error.message);
  json.field("code", wire_name(refusal.error.code));
  if (!in_reply_to.empty()) json.field("in_reply_to", in_reply_to);
  if (refusal.suggested_name) json.field("suggested_name", *refusal.suggested_name);
  // A guarded hub welcomes nobody before it has let them in: whoever is refused has to know all the
  // same whether waiting for its turn makes sense.
  write_features(json, has_operators_);
  return json.end_object().take();
}

std::string Encoder::welcome(std::size_t connected, const core::Presence& presence,
                             double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("welcome", "self", "Welcome to Synapse");
  json.field("connected_clients", static_cast<std::uint64_t>(connected));
  write_online(json, presence);
  write_features(json, has_operators_);
  return json.end_object().take();
}

std::string Encoder::who(const AgentName& to, std::size_t connected, const core::Machine& machine,
                         double now) const {
  JsonWriter json = Envelope{hub_id_, now}.open("who_snapshot", to.text, "who is online");
  write_online(json, machine.presence());
  json.field("connected_clients", static_cast<std::uint64_t>(connected));
  write_features(json, has_operators_);
  write_sockets(json, machine.seats());
  return json.end_object().take();
}

std::string Encoder::history(const AgentName& to, const core::History& history,
                             const HistoryRequest& request, std::size_t max_bytes,
                             double now) const {
  const auto& messages = history.messages();
  std::size_t wanted = messages.size();
  if (request.limit) {
    const auto limit = static_cast<std::size_t>(std::max<std::int64_t>(1, *request.limit));
    wanted = std::min(wanted, limit);
  }
  Budget budget(max_bytes);
  std::vector<std::string> kept;  // The newest first.
  for (std::size_t i = messages.size(); kept.size() < wanted; --i) {
    std::string frame = chat_frame(messages[i - 1]);
    if (!budget.take(frame.size())) break;
    kept.push_back(std::move(frame));
  }
  JsonWriter json = Envelope{hub_id_, now}.open("history_snapshot", to.text, "history");
  json.key("history").begin_array();
  for (auto frame = kept.rbegin(); frame != kept.rend(); ++frame) json.raw(*frame);
  json.end_array().key("requested_limit");
  if (request.limit) {
    json.value(std::max<std::int64_t>(1, *request.limit));
  } else {
    json.value("all");
  }
  if (budget.is_full()) {
    // Where a resume_request would start to get, page by page, what this left out.
    const std::size_t first = messages.size() - wanted;
    json.key("truncated").boolean(true).field("since", messages[first].id.value - 1);
  }
  return json.end_object().take();
}

std::string Encoder::resume(const AgentName& to, const core::History& history,
                            const ResumeRequest& request, std::size_t max_bytes, double now) const {
  const auto& messages = history.messages();
  // Numbers grow along the history, so what comes after `since` starts at one place.
  auto next = std::partition_point(
      messages.begin(), messages.end(),
      [&request](const core::ChatMessage& m) { return m.id.value <= request.since; });
  Budget budget(max_bytes);
  std::uint64_t since = request.since;
  bool gap = false;  // Something after request.since is not kept, or fits no page.
  JsonWriter list;
  list.begin_array();
  for (; next != messages.end(); ++next) {
    const std::string frame = chat_frame(*next);
    if (!budget.take(frame.size())) {
      // One that fits no page is passed over, or the reader would never get past it.
      if (since == request.since) {
        since = next->id.value;
        gap = true;
      }
      break;
    }
    gap = gap || next->id.value != since + 1;
    list.raw(frame);
    since = next->id.value;
  }
  gap = gap || (!budget.is_full() && since < history.last_id().value);
  list.end_array();
  JsonWriter json = Envelope{hub_id_, now}.open("resume_snapshot", to.text, "resume");
  json.key("since");
  if (budget.is_full()) {
    json.value(since);
  } else {
    json.value(request.asked);
  }
  json.key("messages").raw(list.text());
  write_truncated(json, budget);
  if (gap) json.key("gap").boolean(true);
  return json.end_object().take();
}

}  // namespace synapse::wire
