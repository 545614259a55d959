// SPDX-License-Identifier: AGPL-3.0-or-later
// ChildProcess: one run of a program under test, from its start to its end.
//
// Used by the players and by every test that drives the real binary, from one thread. The child
// reads /dev/null and writes stdout and stderr into two anonymous files rather than pipes: it never
// blocks on a test that isn't reading, its output can be read at any time, and a grandchild that
// keeps the descriptors open holds nobody up. It leads a process group of its own and is killed by
// the kernel when the test ends in whatever way, a timeout of the test runner included.
//
// Nothing but this child (and, while it lives, its group) is ever signalled: the process is not
// reaped before its status has been taken, and after that no signal is sent.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/deadline.hpp"
#include "support/fd.hpp"

namespace synapse::test {

using Environment = std::map<std::string, std::string>;

// This process's environment without what would steer the program under test or git from outside:
// every variable that starts with SYN, XDG_ or GIT_ (a test run from a git hook has those) or ends
// with _SESSION_ID (one that an assistant runs).
[[nodiscard]] Environment clean_environment();

struct ExitStatus {
  int code = 0;
  int signal = 0;  // 0: it exited by itself

  // The code, or the signal negated.
  [[nodiscard]] int as_number() const { return signal != 0 ? -signal : code; }
};

struct Command {
  std::vector<std::string> words;  // words[0]: a path, or a name to be found on its PATH
  Environment environment = clean_environment();
  std::string folder = {};  // empty: the test's own
};

class ChildProcess {
 public:
  // Throws std::system_error when no process can be started. A program that isn't there shows as
  // exit code 127 and a line on stderr, as in a shell.
  explicit ChildProcess(const Command& command);
  // Kills the child if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  // Does nothing once the child has been seen to end.
  void send_signal(int number);
  // How it ended, or nothing when it still runs at the deadline.
  std::optional<ExitStatus> wait(const Deadline& deadline);
  // Whether stdout held `text` before the deadline; gives up when the child ends without it.
  bool wait_for_output(std::string_view text, const Deadline& deadline);

  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  pid_t pid_ = -1;
  Fd handle_;  // readable once the child has ended
  Fd out_, err_;
  std::optional<ExitStatus> status_;
};

struct Finished {
  std::optional<ExitStatus> status;  // nothing: it ran past the deadline and was killed
  std::string out, err;
};

// Runs a command to its end.
[[nodiscard]] Finished run(const Command& command, const Deadline& deadline = patience);

}  // namespace synapse::test
