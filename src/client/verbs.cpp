// SPDX-License-Identifier: AGPL-3.0-or-later
// The requests of the protocol by name: each makes the frame and waits for its answer. Which fields
// there are: docs/protocol.md, Messages.
#include "client/frames.hpp"
#include "synapse/agent.hpp"

namespace synapse {

namespace {

// A frame with the caller's own fields, under those that make it what it is.
Json frame_of(const char* type, const Json& fields = Json::object()) {
  Json frame = fields.is_object() ? fields : Json::object();
  frame["type"] = type;
  return frame;
}

Json task_frame(const char* type, const std::string& task_id, const Json& fields = Json::object()) {
  Json frame = frame_of(type, fields);
  frame["task_id"] = task_id;
  return frame;
}

constexpr int dead_letters_max = 1000;

Json letters_frame(const char* type, const DeadLetters& which) {
  Json frame = frame_of(type);
  if (which.of == DeadLetters::Of::all) frame["all"] = true;
  if (!which.agent.empty()) frame["agent"] = which.agent;
  if (!which.msg_ids.empty()) frame["msg_ids"] = which.msg_ids;
  if (!which.whose.empty()) frame["for"] = which.whose;
  return frame;
}

}  // namespace

Result<Reply> Agent::chat(const std::string& target, const std::string& text,
                          const Json& extra_fields) {
  Json frame = frame_of("chat", extra_fields);
  frame["target"] = target;
  frame["payload"] = text;
  return request(std::move(frame));
}

Result<Reply> Agent::chat(const std::string& target, const std::string& text) {
  return chat(target, text, Json::object());
}

Result<Reply> Agent::say(const Message& message) {
  Json frame = frame_of("chat", message.fields);
  frame["target"] = message.target;
  frame["payload"] = message.text;
  if (!message.thread.empty()) frame["thread"] = message.thread;
  if (message.reply_to) frame["in_reply_to"] = *message.reply_to;
  if (!message.key.empty()) frame["idem_key"] = message.key;
  if (has_feature("receipts")) frame["receipt"] = true;
  return request(std::move(frame));
}

Result<Reply> Agent::inbox(const InboxRequest& wish) {
  Json frame = frame_of("inbox_request");
  frame["limit"] = wish.limit;
  if (wish.since > 0) frame["since"] = wish.since;
  if (wish.wait.count() > 0) frame["wait_seconds"] = wish.wait.count();
  if (!wish.from.empty()) frame["from"] = wish.from;
  if (!wish.thread.empty()) frame["thread"] = wish.thread;
  if (wish.what == InboxRequest::What::all) frame["all"] = true;
  if (wish.look == InboxRequest::Look::peek) frame["peek"] = true;
  if (!wish.whose.empty()) frame["for"] = wish.whose;
  return request(std::move(frame));
}

Result<Reply> Agent::got(const std::vector<std::uint64_t>& msg_ids) {
  return request(frame_of("got", {{"msg_ids", msg_ids}}));
}

Result<Reply> Agent::seen(const std::vector<std::uint64_t>& msg_ids) {
  return request(frame_of("seen", {{"msg_ids", msg_ids}}));
}

Result<Reply> Agent::sent(const SentRequest& wish) {
  Json frame = frame_of("sent_request", {{"limit", wish.limit}});
  if (wish.msg_id > 0) frame["msg_id"] = wish.msg_id;
  if (!wish.whose.empty()) frame["for"] = wish.whose;
  return request(std::move(frame));
}

Result<Reply> Agent::withdraw(std::uint64_t msg_id) {
  return request(frame_of("withdraw", {{"msg_id", msg_id}}));
}

Result<Reply> Agent::dead_letters(const DeadLetters& which) {
  Json frame = letters_frame("dead_letters_request", which);
  frame["limit"] = dead_letters_max;
  return request(std::move(frame));
}

Result<Reply> Agent::retry_dead_letters(const DeadLetters& which) {
  return request(letters_frame("dead_letter_retry", which));
}

Result<Reply> Agent::clear_dead_letters(const DeadLetters& which) {
  return request(letters_frame("dead_letter_clear", which));
}

Result<Reply> Agent::claim(const ClaimRequest& claim) {
  return request(client::claim_frame(claim));
}

Result<Reply> Agent::release(const std::string& task_id) {
  return request(task_frame("release", task_id));
}

Result<Reply> Agent::renew(const std::string& task_id, std::optional<double> ttl) {
  Json frame = task_frame("renew", task_id);
  if (ttl) frame["ttl_seconds"] = *ttl;
  return request(std::move(frame));
}

Result<Reply> Agent::update_task(const std::string& task_id, const Json& fields) {
  return request(task_frame("task_update", task_id, fields));
}

Result<Reply> Agent::checkpoint(const std::string& task_id, const std::string& text) {
  Json frame = task_frame("checkpoint", task_id);
  frame["checkpoint"] = text;
  return request(std::move(frame));
}

Result<Reply> Agent::hand_off(const std::string& task_id, const std::string& to_agent,
                              const std::string& note) {
  Json frame = task_frame("handoff", task_id);
  frame["to_agent"] = to_agent;
  // The hub's other spelling: without it, a blank agent would read as all of them.
  frame["target"] = to_agent;
  if (!note.empty()) frame["note"] = note;
  return request(std::move(frame));
}

Result<Reply> Agent::wait_for(const std::string& task_id) {
  return request(task_frame("wait_request", task_id));
}

Result<Reply> Agent::offer(const std::string& kind, const std::string& resource_name,
                           const Json& fields) {
  Json frame = frame_of("resource", fields);
  frame["kind"] = kind;
  frame["name"] = resource_name;
  return request(std::move(frame));
}

Result<Reply> Agent::declare_task(const std::string& task_id, const std::string& title,
                                  const std::vector<std::string>& depends_on, const Json& fields) {
  Json frame = task_frame("ledger_task", task_id, fields);
  frame["title"] = title;
  frame["depends_on"] = depends_on;
  return request(std::move(frame));
}

Result<Reply> Agent::update_plan(const std::string& task_id, const Json& fields) {
  return request(task_frame("ledger_task_update", task_id, fields));
}

Result<Reply> Agent::forget_task(const std::string& task_id) {
  return request(task_frame("ledger_forget", task_id));
}

Result<Reply> Agent::progress(const std::string& task_id, const std::string& text,
                              const std::string& kind) {
  Json frame = task_frame("ledger_progress", task_id);
  frame["text"] = text;
  if (!kind.empty()) frame["kind"] = kind;
  return request(std::move(frame));
}

Result<Reply> Agent::advertise(const Json& card) { return request(frame_of("advertise", card)); }

Result<Reply> Agent::record_finding(const Json& finding) {
  return request(frame_of("finding", finding));
}

Result<Reply> Agent::log_recall(const Json& recall) {
  return request(frame_of("recall_log", recall));
}

Result<Reply> Agent::who() { return request(frame_of("who_request")); }
Result<Reply> Agent::state() { return request(frame_of("state_request")); }
Result<Reply> Agent::board() { return request(frame_of("board_request")); }
Result<Reply> Agent::manifest() { return request(frame_of("manifest_request")); }

Result<Reply> Agent::history(std::optional<int> limit) {
  Json frame = frame_of("history_request");
  if (limit) frame["limit"] = *limit;
  return request(std::move(frame));
}

}  // namespace synapse
