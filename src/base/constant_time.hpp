// SPDX-License-Identifier: AGPL-3.0-or-later
// Comparing secrets.
#pragma once

#include <cstddef>
#include <string_view>

namespace synapse::base {

// Equal, in a time that depends only on the lengths: for tokens.
[[nodiscard]] inline bool constant_time_equal(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i] ^ other);
  }
  return difference == 0;
}

}  // namespace synapse::base
