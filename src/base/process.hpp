// SPDX-License-Identifier: AGPL-3.0-or-later
// Another program, started without a shell and watched through a pidfd, so that its number can't
// become another's while it is ours. From any thread.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace synapse::base {

using Variables = std::map<std::string, std::string>;

// This process's environment.
[[nodiscard]] Variables process_variables();

struct ProcessSetup {
  // What one of its three streams is: this process's own, nothing, or a descriptor.
  static constexpr int own = -1;
  static constexpr int none = -2;
  // The terminal's signals reach all processes of its foreground group. A process of its own group
  // gets what its starter sends to it, and nothing else.
  enum class Group { of_starter, own };

  std::vector<std::string> words = {};  // The first is looked up on the PATH.
  Variables environment = {};           // All of it.
  std::filesystem::path folder = {};    // Blank: this process's.
  int in = own;
  int out = own;
  int err = own;
  Group group = Group::of_starter;
  // What the kernel sends it when the thread that starts it ends, however it does; 0: nothing.
  int signal_at_starters_end = 0;
};

class Process {
 public:
  // No signal is blocked in it, whatever this thread blocks or watches, and SIGPIPE ends it as it
  // does a program of a shell. An Error says why it can't be run. By fork() and not posix_spawn(),
  // which can't set the signal at its starter's end.
  [[nodiscard]] static Result<Process> start(const ProcessSetup& setup);

  // Readable once it has ended.
  [[nodiscard]] int descriptor() const { return handle_.number(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Must not be called after wait().
  void send_signal(int number) const;
  // Waits for its end, once. The status is as waitpid() has it.
  [[nodiscard]] int wait();

 private:
  Process(pid_t pid, Descriptor handle) : pid_(pid), handle_(std::move(handle)) {}

  pid_t pid_;
  Descriptor handle_;
};

// A descriptor that is readable once the process has ended. Closed, with errno, if it can't be had:
// ESRCH where there is no such process.
[[nodiscard]] Descriptor open_process(pid_t pid);

struct Pipe {
  Pipe();

  Descriptor reader;
  Descriptor writer;
};

}  // namespace synapse::base
