// SPDX-License-Identifier: AGPL-3.0-or-later
// The version of the library and the program, and of the protocol that they speak.
#pragma once

#include <string_view>

namespace synapse {

// Semantic version of this build, such as "0.1.0".
[[nodiscard]] std::string_view version();

// The release of synapse-channel whose wire protocol and event log are spoken.
inline constexpr std::string_view protocol_version = "0.45";

}  // namespace synapse
