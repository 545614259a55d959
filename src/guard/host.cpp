// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/host.hpp"

#include <algorithm>
#include <array>

namespace synapse::guard {

namespace {

// Cursor, Copilot, Goose and Kimi are from their documentation: where it is not certain that a text
// reaches the agent, none is sent.
constexpr std::array<HostTraits, 9> hosts{{
    {Host::claude, "claude", "Claude Code", DenyShape::hook_output, true, true, true, false,
     "CLAUDE_CODE_SESSION_ID"},
    {Host::codex, "codex", "Codex", DenyShape::hook_output, true, true, true, false,
     "CODEX_SESSION_ID"},
    {Host::gemini, "gemini", "Gemini CLI", DenyShape::decision_deny, true, false, true, false, ""},
    {Host::qwen, "qwen", "Qwen Code", DenyShape::hook_output, true, false, true, false,
     "QWEN_CODE_SESSION_ID"},
    {Host::opencode, "opencode", "OpenCode", DenyShape::plugin, true, false, true, false,
     "SYNAPSE_OPENCODE_SESSION"},
    {Host::cursor, "cursor", "Cursor", DenyShape::permission, false, false, false, true, ""},
    {Host::copilot, "copilot", "Copilot CLI", DenyShape::permission_decision, false, false, false,
     false, ""},
    {Host::goose, "goose", "Goose", DenyShape::decision_block, false, false, false, false, ""},
    {Host::kimi, "kimi", "Kimi CLI", DenyShape::exit_2, false, false, false, false, ""},
}};

}  // namespace

std::span<const HostTraits> all_hosts() { return hosts; }

const HostTraits& traits_of(Host host) { return hosts.at(static_cast<std::size_t>(host)); }

const HostTraits* find_host(std::string_view word) {
  const auto found = std::find_if(hosts.begin(), hosts.end(),
                                  [word](const HostTraits& one) { return one.word == word; });
  return found == hosts.end() ? nullptr : &*found;
}

}  // namespace synapse::guard
