// SPDX-License-Identifier: AGPL-3.0-or-later
// A process with all that it has started, for a command that has to end as a whole: what ends a
// shell leaves the shell's programs running.
#pragma once

#include <sys/types.h>

#include <map>

#include "base/descriptor.hpp"

namespace synapse::base {

class ProcessTree {
 public:
  explicit ProcessTree(pid_t root) : root_(root) {}

  // Sends the signal to the root and to all that descends from it now or was seen to at an earlier
  // call. One that is stopped goes on, so that it hears it.
  void send_signal(int number);
  // Whether one of those that were signalled still runs. The root's end is its waiter's to see.
  [[nodiscard]] bool is_any_left();

 private:
  void look();

  pid_t root_;
  std::map<pid_t, Descriptor> seen_;  // By pidfds, so that no number is another's by now.
};

}  // namespace synapse::base
