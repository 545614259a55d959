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
