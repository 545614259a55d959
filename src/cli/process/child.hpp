// SPDX-License-Identifier: AGPL-3.0-or-later
// Another program on behalf of a command, run with the command's own stdin, stdout and stderr, or
// in the background with none; its end shows as shells show it.
#pragma once

#include <string>
#include <vector>

#include "base/process.hpp"

namespace synapse::cli {

struct ChildSetup {
  // own_group: only what its parent sends to it, since the terminal's signals reach all processes
  // of its foreground group. background: that too, and no input or output.
  enum class Place { here, own_group, background };

  base::Variables environment = {};  // On top of this process's own.
  Place place = Place::here;
  int signal_at_starters_end = 0;  // See base::ProcessSetup.
};

class Child {
 public:
  // Finds words[0] on the PATH. An Error says why it can't be run.
  [[nodiscard]] static Result<Child> start(const std::vector<std::string>& words,
                                           const ChildSetup& setup = {});

  // Readable once it has ended.
  [[nodiscard]] int descriptor() const { return process_.descriptor(); }
  [[nodiscard]] pid_t pid() const { return process_.pid(); }
  // Must not be called after wait().
  void send_signal(int number) const { process_.send_signal(number); }
  // Waits for its end, once: its exit code, or exit_code::killed_by_signal plus the signal.
  [[nodiscard]] int wait();

 private:
  explicit Child(base::Process process) : process_(std::move(process)) {}

  base::Process process_;
};

// The file of this program, to start it once more.
[[nodiscard]] Result<std::string> own_program();

}  // namespace synapse::cli
