// SPDX-License-Identifier: AGPL-3.0-or-later
// What reading an event back from the log comes to: the log has no monotonic times, so leases and
// offers get theirs anew from the wall clock of the moment. The one place to put the real codec in.
#pragma once

#include <vector>

#include "core/machine.hpp"

namespace synapse::sim {

[[nodiscard]] core::Event read_back(const core::Event& event, const core::Limits& limits,
                                    Moment now);

}  // namespace synapse::sim
