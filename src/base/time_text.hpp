// SPDX-License-Identifier: AGPL-3.0-or-later
// Moments and spans for people: by their own clock, and in the largest units that say enough.
#pragma once

#include <string>

namespace synapse::base {

// `14:07`, with the date if it is not today; local time.
[[nodiscard]] std::string time_of_day(double wall, double now);
// `40 s`, `12 min`, `3 h 5 min`, `2 d 4 h`.
[[nodiscard]] std::string span_of(double seconds);

}  // namespace synapse::base
