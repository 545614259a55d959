// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/answer.hpp"

#include "wire/json_writer.hpp"

namespace synapse::guard {

namespace {

constexpr int denied_by_exit = 2;

std::string two_fields(std::string_view first, std::string_view word, std::string_view second,
                       const std::string& text) {
  wire::JsonWriter json;
  return json.begin_object().field(first, word).field(second, text).end_object().take();
}

std::string hook_output(std::string_view event_name, std::string_view key,
                        const std::string& text) {
  wire::JsonWriter json;
  json.begin_object().key("hookSpecificOutput").begin_object().field("hookEventName", event_name);
  if (key == "permissionDecisionReason") json.field("permissionDecision", "deny");
  return json.field(key, text).end_object().end_object().take();
}

Output denial(const HostTraits& host, const HookCall* call, const std::string& reason) {
  switch (host.deny) {
    case DenyShape::hook_output: {
      const std::string name = call == nullptr ? "PreToolUse" : call->event_name;
      return {0, hook_output(name, "permissionDecisionReason", reason), ""};
    }
    case DenyShape::decision_deny:
      return {0, two_fields("decision", "deny", "reason", reason), ""};
    case DenyShape::decision_block:
      return {0, two_fields("decision", "block", "reason", reason), ""};
    case DenyShape::permission:
      return {0, two_fields("permission", "deny", "user_message", reason), ""};
    case DenyShape::permission_decision:
      return {0, two_fields("permissionDecision", "deny", "permissionDecisionReason", reason), ""};
    case DenyShape::exit_2:
      return {denied_by_exit, "", reason + "\n"};
    case DenyShape::plugin: {
      wire::JsonWriter json;
      return {0, json.begin_object().field("deny", reason).end_object().take(), ""};
    }
  }
  return {};
}

Output silence(const HostTraits& host, const HookCall* call) {
  if (!host.needs_words) return {};
  const bool is_before =
      call == nullptr || (call->is_known_event && call->event == HookEvent::before_tool);
  return {0, is_before ? R"({"permission":"allow"})" : "{}", ""};
}

}  // namespace

Output render(const HostTraits& host, const HookCall* call, const Answer& answer) {
  if (answer.kind == Answer::Kind::deny) return denial(host, call, answer.text);
  const bool is_heard = answer.kind == Answer::Kind::context && call != nullptr &&
                        !answer.text.empty() && host.hears_at(call->event);
  if (!is_heard) return silence(host, call);
  if (host.deny == DenyShape::plugin) {
    wire::JsonWriter json;
    return {0, json.begin_object().field("context", answer.text).end_object().take(), ""};
  }
  return {0, hook_output(call->event_name, "additionalContext", answer.text), ""};
}

}  // namespace synapse::guard
