// SPDX-License-Identifier: AGPL-3.0-or-later
// What the log has to bring back, as text: two machines with the same dump have the same durable
// state, byte for byte. Doubles are written with all their digits. Monotonic deadlines are left out
// of states, since another process counts from elsewhere, and are part of events.
#pragma once

#include <string>

#include "core/machine.hpp"

namespace synapse::sim {

[[nodiscard]] std::string dump(const core::Machine& machine);
[[nodiscard]] std::string dump(const core::Event& event);
// One line, for the tail of a run that went wrong.
[[nodiscard]] std::string dump(const core::Command& command);

}  // namespace synapse::sim
