// SPDX-License-Identifier: AGPL-3.0-or-later
// A thread that no signal of the process ever ends up on: signals are the program's, which does not
// know of the threads that a library starts.
#pragma once

#include <csignal>
#include <functional>
#include <thread>

namespace synapse::base {

[[nodiscard]] inline std::thread quiet_thread(std::function<void()> work) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace synapse::base
