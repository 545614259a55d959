// SPDX-License-Identifier: AGPL-3.0-or-later
// Leases as a log may hold them and no claim would give them: of a clock that was a year ahead, of
// another program, of a hand that wrote rows. Each is brought within what a claim can have, and
// what was wrong with it is said. Private to store.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/machine.hpp"

namespace synapse::store {

// Of all leases of the machine, by task: what was wrong. A lease that ends later than any could be
// granted for at `start` ends then; paths are normalised. Two agents that hold the same files keep
// them, since both may work there, and are named.
[[nodiscard]] std::vector<std::string> mend_leases(core::Machine& machine, base::Moment start);

}  // namespace synapse::store
