// SPDX-License-Identifier: AGPL-3.0-or-later
// A process that never outlives its owner: it is killed and reaped at the latest when this goes.
#pragma once

#include <csignal>
#include <utility>

#include "base/process.hpp"

namespace synapse::base {

class OwnedProcess {
 public:
  explicit OwnedProcess(Process process) : process_(std::move(process)) {}
  ~OwnedProcess() {
    if (is_reaped_) return;
    process_.send_signal(SIGKILL);
    static_cast<void>(reap());
  }
  OwnedProcess(const OwnedProcess&) = delete;
  OwnedProcess& operator=(const OwnedProcess&) = delete;

  // Readable once it has ended.
  [[nodiscard]] int descriptor() const { return process_.descriptor(); }
  // Waits for its end, once. The status is as waitpid() has it.
  [[nodiscard]] int reap() {
    is_reaped_ = true;
    return process_.wait();
  }

 private:
  Process process_;
  bool is_reaped_ = false;
};

}  // namespace synapse::base
