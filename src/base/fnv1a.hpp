// SPDX-License-Identifier: AGPL-3.0-or-later
// A digest that tells requests apart; not for security.
#pragma once

#include <cstdint>
#include <string_view>

namespace synapse::base {

// 64-bit FNV-1a.
[[nodiscard]] constexpr std::uint64_t fnv1a(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  }
  return hash;
}

}  // namespace synapse::base
