// SPDX-License-Identifier: AGPL-3.0-or-later
// Numbers that nobody else has: of a run of a hub, of a log that a bus begins with.
#pragma once

#include <cstdint>
#include <random>

namespace synapse::hub {

[[nodiscard]] inline std::uint64_t draw_number() {
  std::random_device random;
  return std::uint64_t{random()} << 32U | random();
}

}  // namespace synapse::hub
