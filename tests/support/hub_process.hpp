// SPDX-License-Identifier: AGPL-3.0-or-later
// HubProcess: the real `synapse hub`, listening on a free loopback port while its owner lives.
//
// Used by the players and by every test that needs a hub as its users have it, from one thread.
// When the constructor or `start` returns, the hub accepts connections; when it can't, they throw
// with what the hub wrote. A restart keeps arguments, folder and port, as a service manager would.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"

namespace synapse::test {

// The program under test: $SYNAPSE_BIN, which ctest sets. Throws std::runtime_error without it.
[[nodiscard]] std::string program_under_test();

struct HubOptions {
  std::vector<std::string> arguments = {};  // after `hub --port P`
  Environment environment = clean_environment();
  std::string folder = {};  // its working directory; empty: the test's own
  std::uint16_t port = 0;   // 0: one that is free
};

class HubProcess {
 public:
  explicit HubProcess(HubOptions options = {});

  [[nodiscard]] std::uint16_t port() const { return options_.port; }
  [[nodiscard]] std::string uri() const;
  [[nodiscard]] ChildProcess& process() { return *process_; }

  // Ends it by that signal and says how it ended; throws when it doesn't end.
  ExitStatus stop(int signal);
  void start();

 private:
  HubOptions options_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace synapse::test
