// SPDX-License-Identifier: AGPL-3.0-or-later
// The leases as a hub leaves them for guards that can't reach it: a file beside its socket
// (docs/hooks.md), both ways, so that hub and guard can't disagree about it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"

namespace synapse::wire {

inline constexpr std::size_t hook_leases_max = 1000;
inline constexpr std::size_t hook_leases_bytes_max = 512UL << 10U;

struct HookLeases {
  struct Lease {
    AgentName owner;
    std::string party;
    TaskId task_id;  // Blank for what a host's hook claimed.
    std::string worktree;
    std::vector<std::string> paths;
    double since = 0;  // Wall seconds.
    double until = 0;
  };
  std::string hub;   // Its id.
  std::string boot;  // Of the machine, as the kernel names it.
  double valid_until = 0;
  std::vector<Lease> leases;  // Not all of them, if they are many.
};

[[nodiscard]] std::string encode_hook_leases(const HookLeases& leases);
// Total. Errors: those of reading JSON; not_an_object, wrong_field_type.
[[nodiscard]] Result<HookLeases> decode_hook_leases(std::string_view text);

}  // namespace synapse::wire
