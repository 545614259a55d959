// SPDX-License-Identifier: AGPL-3.0-or-later
// Threads that no signal of the process ever ends up on: signals are the program's, which does not
// know of the threads that a library starts.
#pragma once

#include <pthread.h>

#include <csignal>
#include <functional>
#include <thread>
#include <utility>

namespace synapse::base {

// While there is one, the thread that made it blocks every signal; those that it starts meanwhile
// block them for good. For a few instructions: a signal to this very thread waits until the end.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

 private:
  sigset_t before_;
};

[[nodiscard]] inline std::thread quiet_thread(std::function<void()> work) {
  const BlockedSignals blocked;
  return std::thread(std::move(work));
}

}  // namespace synapse::base
