// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/backoff.hpp"

#include <algorithm>

namespace synapse::base {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds last)
    : first_(first), last_(std::max(first, last)), step_(first) {}

std::chrono::milliseconds Backoff::next(double random) {
  const double step = static_cast<double>(step_.count());
  step_ = std::min(last_, step_ * 2);
  return std::chrono::milliseconds(static_cast<long>(step / 2 + step / 2 * random));
}

void Backoff::reset() { step_ = first_; }

}  // namespace synapse::base
