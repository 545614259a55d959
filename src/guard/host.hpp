// SPDX-License-Identifier: AGPL-3.0-or-later
// The host programs that run a guard as their hook, and what each of them is like: which answers it
// takes, and where. One row a program; nothing else in the guard knows them by name. Where the rows
// come from is said in docs/hooks.md.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "wire/hook.hpp"

namespace synapse::guard {

using wire::HookEvent;

enum class Host { claude, codex, gemini, qwen, opencode, cursor, copilot, goose, kimi };

// How a host is told that a tool must not run.
enum class DenyShape {
  hook_output,          // hookSpecificOutput.permissionDecision
  decision_deny,        // {"decision":"deny","reason"}
  decision_block,       // {"decision":"block","reason"}
  permission,           // {"permission":"deny","user_message"}
  permission_decision,  // {"permissionDecision":"deny","permissionDecisionReason"}
  exit_2,               // The reason on stderr.
  plugin,               // {"deny"}: our own plugin throws it.
};

struct HostTraits {
  Host host;
  std::string_view word;   // After --for, and in the session's name.
  std::string_view title;  // For people.
  DenyShape deny = DenyShape::hook_output;
  // Where its agent hears texts.
  bool hears_at_start = true;
  bool hears_before_tool = false;
  bool hears_after_tool = true;
  // Its tools run only if the hook says something.
  bool needs_words = false;
  // Where its commands find the session's id in their environment; blank: nowhere.
  std::string_view session_variable;

  [[nodiscard]] bool hears_at(HookEvent event) const {
    switch (event) {
      case HookEvent::start:
        return hears_at_start;
      case HookEvent::before_tool:
        return hears_before_tool;
      case HookEvent::after_tool:
        return hears_after_tool;
      case HookEvent::end:
      case HookEvent::subagent_end:
      case HookEvent::wrote:
      case HookEvent::undo:
        return false;
    }
    return false;
  }
};

[[nodiscard]] std::span<const HostTraits> all_hosts();
[[nodiscard]] const HostTraits& traits_of(Host host);
// Null: no host goes by that word.
[[nodiscard]] const HostTraits* find_host(std::string_view word);

}  // namespace synapse::guard
