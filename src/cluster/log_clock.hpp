// SPDX-License-Identifier: AGPL-3.0-or-later
// What the log's time is by now, as one hub takes it to be: the latest that it has seen in the log,
// carried on by its own monotonic clock. So it is never ahead of the hub that is furthest, whose
// clock runs as fast as real time does.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.hpp"

namespace synapse::cluster {

class LogClock {
 public:
  // The log's time was this, at a moment of the hub's own clock.
  void saw(Mono time, Mono here) { ahead_ = std::max(ahead_.value_or(time - here), time - here); }
  [[nodiscard]] Mono time(Mono here) const { return here + ahead_.value_or(Mono(0)); }
  [[nodiscard]] Mono here(Mono time) const { return time - ahead_.value_or(Mono(0)); }

 private:
  std::optional<Mono> ahead_;
};

}  // namespace synapse::cluster
