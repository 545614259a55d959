// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/hub_process.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "support/loopback.hpp"

namespace synapse::test {

std::string program_under_test() {
  const char* path = std::getenv("SYNAPSE_BIN");
  if (path == nullptr || *path == '\0') {
    throw std::runtime_error("set SYNAPSE_BIN to the synapse program (ctest does)");
  }
  return path;
}

HubProcess::HubProcess(HubOptions options) : options_(std::move(options)) {
  if (options_.port == 0) options_.port = free_port();
  start();
}

std::string HubProcess::uri() const { return "ws://127.0.0.1:" + std::to_string(options_.port); }

ExitStatus HubProcess::stop(int signal) {
  process_->send_signal(signal);
  const std::optional<ExitStatus> status = process_->wait(patience);
  if (!status) {
    throw std::runtime_error("the hub outlived signal " + std::to_string(signal) + ":\n" +
                             process_->err());
  }
  return *status;
}

void HubProcess::start() {
  Command command{{program_under_test(), "hub", "--port", std::to_string(options_.port)},
                  options_.environment,
                  options_.folder};
  command.words.insert(command.words.end(), options_.arguments.begin(), options_.arguments.end());
  process_ = std::make_unique<ChildProcess>(command);
  const Deadline deadline(patience);
  while (!try_connect(options_.port)) {
    const bool ended = process_->wait(std::chrono::milliseconds(5)).has_value();
    if (!ended && !deadline.passed()) continue;
    const std::string what = ended ? "the hub ended at once" : "the hub doesn't listen";
    throw std::runtime_error(what + ":\n" + process_->out() + process_->err());
  }
}

}  // namespace synapse::test
