// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <concepts>
#include <type_traits>

namespace synapse::core {

// A type, const or not: for functions that read and write the same members.
template <class Record, class As>
concept Is = std::same_as<std::remove_const_t<Record>, As>;

}  // namespace synapse::core
