// SPDX-License-Identifier: AGPL-3.0-or-later
#include "client/frames.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "wire/addressing.hpp"
#include "wire/json_document.hpp"

namespace synapse::client {

namespace {

// What the hub broadcasts beside chat. Source: docs/protocol.md, Messages.
constexpr std::array<const char*, 18> broadcasts{
    "presence_update",     "claim_granted",          "release_granted",
    "lease_renewed",       "lease_expired",          "task_updated",
    "handoff_granted",     "resource_offered",       "ledger_task_posted",
    "ledger_task_updated", "ledger_progress_posted", "capability_advertised",
    "finding_recorded",    "ledger_task_forgotten",  "lease_extended",
    "lease_narrowed",      "unclaimed_write",        "operator_acted"};

const char* word(AgentOptions::Chat chat) {
  switch (chat) {
    case AgentOptions::Chat::all:
      return "all";
    case AgentOptions::Chat::addressed:
      return "addressed";
    case AgentOptions::Chat::none:
      return "none";
  }
  return "all";
}

// `interest` has no word for "all types": to narrow the chat alone is to name them.
Json interest(const AgentOptions& options) {
  Json types = Json::array();
  if (options.broadcast_types) {
    types = *options.broadcast_types;
  } else {
    for (const char* type : broadcasts) types.push_back(type);
  }
  Json wish{{"types", std::move(types)}, {"chat", word(options.chat)}};
  if (!options.chat_names.empty()) wish["names"] = options.chat_names;
  if (options.receipts == AgentOptions::Receipts::wanted) wish["receipts"] = true;
  return wish;
}

const char* word(AgentOptions::Kind kind) {
  switch (kind) {
    case AgentOptions::Kind::agent:
      return "agent";
    case AgentOptions::Kind::command:
      return "command";
    case AgentOptions::Kind::waiter:
      return "waiter";
    case AgentOptions::Kind::page:
      return "page";
    case AgentOptions::Kind::observer:
      return "observer";
  }
  return "agent";
}

// How the connection shares its name with others.
void sit_down(Json& frame, const AgentOptions& options, const std::string& instance) {
  frame["attach"] = true;
  frame["kind"] = word(options.kind);
  if (options.kind == AgentOptions::Kind::agent) frame["instance"] = instance;
  if (options.sharing == AgentOptions::Sharing::alone) frame["exclusive"] = true;
}

}  // namespace

SharedFrame parse_frame(std::string_view text) {
  Json frame = Json::parse(text, nullptr, false);
  if (!frame.is_object()) return nullptr;
  return std::make_shared<const Json>(std::move(frame));
}

Result<std::string> encode_frame(const Json& frame) {
  std::string text = wire::json_text(frame);
  // U+FFFD stands where bytes were no UTF-8; but a text may have one of its own.
  if (text.find("\xEF\xBF\xBD") != std::string::npos &&
      Json::parse(text, nullptr, false) != frame) {
    return fail(ErrorCode::invalid_utf8);
  }
  return text;
}

std::string type_of(const Json& frame) {
  std::string type = base::to_lower(base::trim(text_member(frame, "type")));
  return type.empty() ? "chat" : type;
}

Json heartbeat() { return {{"type", "heartbeat"}, {"target", "System"}, {"payload", "online"}}; }

Json hello(const AgentOptions& options, const std::string& name, const std::string& instance) {
  Json frame = heartbeat();
  if (options.kind == AgentOptions::Kind::observer) {
    frame["observe"] = true;
  } else {
    frame["sender"] = name;
    sit_down(frame, options, instance);
  }
  if (!options.token.empty()) frame["token"] = options.token;
  if (!options.operator_token.empty()) frame["operator_token"] = options.operator_token;
  if (options.takeover == AgentOptions::Takeover::take) frame["takeover"] = true;
  if (options.broadcast_types || options.chat != AgentOptions::Chat::all ||
      options.receipts == AgentOptions::Receipts::wanted) {
    frame["interest"] = interest(options);
  }
  return frame;
}

Json claim_frame(const ClaimRequest& claim) {
  Json frame = {{"type", "claim"}, {"task_id", claim.task_id}};
  if (!claim.note.empty()) frame["note"] = claim.note;
  if (claim.worktree) frame["worktree"] = *claim.worktree;
  if (!claim.paths.empty()) frame["paths"] = claim.paths;
  if (claim.no_files) frame["scope"] = "none";
  if (claim.ttl) frame["ttl_seconds"] = *claim.ttl;
  if (claim.git) frame["git"] = *claim.git;
  if (claim.if_own == ClaimRequest::IfOwn::refuse) frame["if_own"] = "refuse";
  if (claim.wait) {
    frame["wait"] = true;
    frame["wait_seconds"] = std::chrono::duration<double>(*claim.wait).count();
  }
  return frame;
}

bool is_wanted(const Json& frame, const AgentOptions& options, std::string_view name) {
  const std::string& type = text_member(frame, "type");
  if (type == "chat") {
    switch (options.chat) {
      case AgentOptions::Chat::all:
        return true;
      case AgentOptions::Chat::none:
        return false;
      case AgentOptions::Chat::addressed:
        return wire::is_for_any(text_member(frame, "target"), options.chat_names, name);
    }
  }
  if (!options.broadcast_types ||
      std::find(broadcasts.begin(), broadcasts.end(), type) == broadcasts.end()) {
    return true;
  }
  const auto& wanted = *options.broadcast_types;
  return std::find(wanted.begin(), wanted.end(), type) != wanted.end();
}

bool is_passing(const Json& refusal) {
  const std::string& code = text_member(refusal, "code");
  return code == wire_name(ErrorCode::rate_limited) ||
         code == wire_name(ErrorCode::host_rate_limited) || code == wire_name(ErrorCode::read_only);
}

Error error_of(const Json& refusal, ErrorCode fallback) {
  const std::string& name = text_member(refusal, "code");
  const std::string& payload = text_member(refusal, "payload");
  ErrorCode code = fallback;
  for (int i = 0; i <= static_cast<int>(ErrorCode::cancelled); ++i) {
    if (wire_name(static_cast<ErrorCode>(i)) == name) code = static_cast<ErrorCode>(i);
  }
  return payload.empty() ? fail(code) : fail(code, payload);
}

}  // namespace synapse::client
