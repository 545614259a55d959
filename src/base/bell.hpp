// SPDX-License-Identifier: AGPL-3.0-or-later
// Wakes a thread that sleeps in poll(): any thread rings, one listens. Rings that nobody has heard
// yet count as one.
#pragma once

#include "base/descriptor.hpp"

namespace synapse::base {

class Bell {
 public:
  Bell();

  void ring();
  // Readable while it rings.
  [[nodiscard]] int descriptor() const { return event_.number(); }
  // Silences it; whether it rang.
  bool answer();

 private:
  Descriptor event_;
};

}  // namespace synapse::base
