// SPDX-License-Identifier: AGPL-3.0-or-later
// Moments of a log: a time, or behind the event of a number.
#pragma once

#include <cstdint>
#include <optional>

#include "base/error.hpp"
#include "store/log_reader.hpp"
#include "wire/encode.hpp"

namespace synapse::past {

struct When {
  double wall = 0;                  // Seconds since 1970.
  std::optional<std::int64_t> seq;  // In place of a time: the event's number.

  friend bool operator==(const When&, const When&) = default;
};

// Numbers below the first are those of events, as people write moments; above it, seconds.
inline constexpr double first_second = 1e9;
inline constexpr double last_second = 32'503'680'000;  // The year 3000.

// The moment that a number names; `now` stands where the number is an event's.
[[nodiscard]] inline When moment_of(double number, double now) {
  if (number >= first_second) return {number, std::nullopt};
  return {now, static_cast<std::int64_t>(number)};
}

// When it was: of a number, the time of its event, or of the next that is left.
[[nodiscard]] Result<double> wall_of(store::LogReader& log, const When& when);

// Where a log begins: compaction may have taken what was before. Nothing for one that begins with
// its first event, or is empty.
using wire::LogBeginning;
[[nodiscard]] Result<std::optional<LogBeginning>> beginning_of(store::LogReader& log);
// Whether a moment is before that.
[[nodiscard]] inline bool is_lost(const When& when, const std::optional<LogBeginning>& beginning) {
  if (!beginning) return false;
  return when.seq ? *when.seq < beginning->seq : when.wall < beginning->ts;
}

}  // namespace synapse::past
