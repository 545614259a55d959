// SPDX-License-Identifier: AGPL-3.0-or-later
// The version of the library and the program, and of the protocol that they speak. This is the one
// place where the version stands; CMake reads it from here.
//
// Versions are semantic. A new major version may change what the headers of include/synapse/
// declare, and the shared library's soname changes with it; a new minor version only adds to them,
// and a new patch version changes neither interface nor binary interface. Everything outside of
// include/synapse/ is private and not installed. docs/changelog.md says what stays compatible.
#pragma once

#include <string_view>

#include "synapse/api.hpp"

// Of the headers that a program is compiled with.
#define SYNAPSE_VERSION_MAJOR 1
#define SYNAPSE_VERSION_MINOR 0
#define SYNAPSE_VERSION_PATCH 0

namespace synapse {

// Of the library that a program has been linked with, such as "1.0.0".
[[nodiscard]] SYNAPSE_API std::string_view version();

// The release of synapse-channel whose wire protocol and event log are spoken.
inline constexpr std::string_view protocol_version = "0.45";

}  // namespace synapse
