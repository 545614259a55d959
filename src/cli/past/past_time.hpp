// SPDX-License-Identifier: AGPL-3.0-or-later
// Moments of the past as people write them: 14:03, -10m, 2026-11-30T14:03, a number of seconds
// since 1970, or the number of an event.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "past/moment.hpp"

namespace synapse::cli {

// By this machine's time zone, where none is given; a time of day is the last one that is over.
// Errors: bad_argument.
[[nodiscard]] Result<past::When> parse_past_time(std::string_view text, double now);

// 2026-11-30 14:03:05, by this machine's time zone.
[[nodiscard]] std::string date_and_time(double wall);

}  // namespace synapse::cli
