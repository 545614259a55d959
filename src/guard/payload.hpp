// SPDX-License-Identifier: AGPL-3.0-or-later
// What a host program writes to its hook's stdin, in nine dialects, as one type. Pure and total:
// any bytes give a call or an error. The dialects are told apart by what is there and not by the
// host's name alone, since hosts read each other's settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "guard/host.hpp"

namespace synapse::guard {

// What a tool does, as far as the guard can know before it runs.
enum class ToolKind { write, shell, other };

struct HookCall {
  HookEvent event = HookEvent::after_tool;
  bool is_known_event = true;  // False: an event that asks for nothing; `event` says nothing then.
  std::string event_name;      // As the host calls it; some answers repeat it.
  std::string session;
  std::string agent;   // A subagent's id; blank: the parent.
  std::string folder;  // In which the host works; blank: not said.
  std::string tool;
  ToolKind kind = ToolKind::other;
  std::vector<std::string> paths;  // As given; of a tool that writes.
};

// The largest payload that is read: a tool's whole input is in it, and it has to be understood in a
// quarter of a second.
inline constexpr std::size_t payload_bytes_max = 16UL << 20U;

// Errors: those of reading JSON; not_an_object. A tool that writes, but not where, has no paths.
[[nodiscard]] Result<HookCall> read_payload(Host host, std::string_view bytes);

[[nodiscard]] ToolKind kind_of_tool(std::string_view tool);

}  // namespace synapse::guard
