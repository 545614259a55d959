// SPDX-License-Identifier: AGPL-3.0-or-later
// The process that a host's hooks and commands run beneath.
#pragma once

#include <optional>
#include <vector>

#include "base/process_row.hpp"

namespace synapse::guard {

using base::ProcessMark;

// The nearest ancestor of this process that is no shell; nothing: there is none to be seen.
[[nodiscard]] std::optional<ProcessMark> nearest_host();
// This process's ancestors, the nearest first.
[[nodiscard]] std::vector<ProcessMark> ancestors();

}  // namespace synapse::guard
