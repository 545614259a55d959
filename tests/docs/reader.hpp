// SPDX-License-Identifier: AGPL-3.0-or-later
// Somebody with one home, one repository and some terminals, who follows a page word for word:
// what a command exports, and the folder that it goes to, is there for the next one. Ports are
// other ones than the page's, since this machine's may be taken.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "docs/page.hpp"
#include "support/git_sandbox.hpp"
#include "support/hub_process.hpp"

namespace synapse::test {

class Reader {
 public:
  // Whether a hub runs already; a page may also start its own.
  enum class Hub { none, runs };
  explicit Reader(Hub hub);

  // Checks that the step does what its page says.
  void follow(const Step& step);

 private:
  [[nodiscard]] Command shell(const std::string& script) const;
  [[nodiscard]] std::string with_ports(std::string text) const;
  [[nodiscard]] std::string as_on_page(const std::string& text) const;
  void set(const std::string& assignment);
  void start_hub(const Step& step);
  void leave_running(const Step& step);
  void start_server(const Step& step);
  [[nodiscard]] std::string late_output() const;

  GitSandbox box_;
  std::filesystem::path repository_;
  Environment environment_;
  std::unique_ptr<HubProcess> hub_;
  std::map<std::string, std::string> ports_;  // The page's, and those in their place.
  std::vector<std::unique_ptr<ChildProcess>> running_;
  int last_code_ = 0;
};

}  // namespace synapse::test
