// SPDX-License-Identifier: AGPL-3.0-or-later
// Amounts as people write them: 7d, 12h, 90s; 200M, 1.5G.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace synapse::cli {

// In seconds; the units are s (or none), m, h, d and w. Not negative, at most a thousand years.
[[nodiscard]] Result<double> parse_duration(std::string_view text);
// In bytes; the units are K, M, G and T, of 1024 each, in any letter case, and a B behind them says
// nothing. At least 1.
[[nodiscard]] Result<std::uint64_t> parse_size(std::string_view text);

}  // namespace synapse::cli
