// SPDX-License-Identifier: AGPL-3.0-or-later
// Another program, run with this one's own stdin, stdout and stderr, or in the background with
// none.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace synapse::cli {

struct ChildSetup {
  // The terminal's signals reach all processes of its foreground group: own_group gets what its
  // parent sends it and nothing else. background: that too, and no input or output.
  enum class Place { here, own_group, background };

  std::map<std::string, std::string> environment = {};  // On top of this process's own.
  Place place = Place::here;
};

class Child {
 public:
  // Finds words[0] on the PATH. Signals that are being watched reach the child as if they were not.
  // An Error says why it can't be run.
  [[nodiscard]] static Result<Child> start(const std::vector<std::string>& words,
                                           const ChildSetup& setup = {});

  // Readable once it has ended.
  [[nodiscard]] int descriptor() const { return handle_.number(); }
  // Must not be called after wait().
  void send_signal(int number) const;
  // Waits for its end, once: its exit code, or exit_code::killed_by_signal plus the signal.
  [[nodiscard]] int wait();

 private:
  Child(pid_t pid, base::Descriptor handle) : pid_(pid), handle_(std::move(handle)) {}

  pid_t pid_;
  base::Descriptor handle_;
};

// The file of this program, to start it once more.
[[nodiscard]] Result<std::string> own_program();

}  // namespace synapse::cli
