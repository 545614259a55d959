// SPDX-License-Identifier: AGPL-3.0-or-later
// Where random tests start: at 1, so that a commit's verdict is always the same, or where
// SYNAPSE_SIM_SEED says.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>

namespace synapse::test {

[[nodiscard]] inline std::uint64_t first_seed() {
  const char* given = std::getenv("SYNAPSE_SIM_SEED");
  return given == nullptr ? 1 : std::stoull(given);
}

}  // namespace synapse::test
