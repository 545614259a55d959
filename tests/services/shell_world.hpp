// SPDX-License-Identifier: AGPL-3.0-or-later
// What the tests of the shell hooks stand on: the shells that there are, and a world without a hub
// in which they are started.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace synapse::test {

struct ShellKind {
  std::string name;
  std::vector<std::string> interactive;  // Without anybody's start-up files.
  std::string load;
  std::string status;  // The variable that has the last exit code.
  std::string prompt;  // What runs the hook as a prompt would.
};

[[nodiscard]] const std::vector<ShellKind>& shells();

// A home, a place for pid files, and the program alone on the PATH.
class ShellWorld {
 public:
  ShellWorld();

  [[nodiscard]] Command interactive(const ShellKind& shell) const;
  // What a script of that shell prints.
  [[nodiscard]] Finished script(const ShellKind& shell, const std::string& lines) const;

  // The listeners that say in a pid file that they run, and do.
  [[nodiscard]] std::vector<pid_t> listeners() const;
  [[nodiscard]] bool comes_to_listen(std::size_t count) const;
  // Whether nothing of a listener's is left behind, now or before the deadline.
  [[nodiscard]] bool is_clean() const;

  TempDir home, runtime, bin;
  Environment environment;
};

// Calls check(shell) for each that is here, in a section of its own.
template <class Check>
void in_each_shell(const Check& check) {
  for (const ShellKind& shell : shells()) {
    if (run(Command{{"sh", "-c", "command -v " + shell.name}}).status->code != 0) {
      WARN("not tested in " << shell.name << ", which is not here");
      continue;
    }
    INFO(shell.name);
    check(shell);
  }
}

}  // namespace synapse::test
