// SPDX-License-Identifier: AGPL-3.0-or-later
// Whose frames the tests of encoding look at, who asked for them, and room enough for any.
#pragma once

#include "wire/encode.hpp"

namespace synapse::test {

inline const wire::Encoder encoder("syn-12345678");
inline const AgentName asker("A");
inline constexpr std::size_t ample = 1U << 20U;

}  // namespace synapse::test
