// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/host_session.hpp"

#include <algorithm>
#include <array>

namespace synapse::services {

bool is_beneath_host_session(const base::Environment& environment) {
  constexpr std::array<const char*, 3> session_ids{"CLAUDE_CODE_SESSION_ID", "CODEX_SESSION_ID",
                                                   "QWEN_CODE_SESSION_ID"};
  return std::any_of(session_ids.begin(), session_ids.end(), [&environment](const char* name) {
    return !environment.get(name).value_or("").empty();
  });
}

}  // namespace synapse::services
