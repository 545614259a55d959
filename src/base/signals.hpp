// SPDX-License-Identifier: AGPL-3.0-or-later
// Signals as something to wait for. A program that must do more than die on SIGINT (say goodbye,
// give a lease back, pass the signal on) watches it: the signal then waits in a descriptor until
// the program takes it, and no code ever runs inside a signal handler. No signal has a meaning of
// its own here: what wakes a waiting thread for other reasons is a Bell.
//
// Threads inherit what their starter watches, so a program starts to watch before it starts
// threads. One watch at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "base/bell.hpp"

namespace synapse::base {

struct Signal {
  // The terminal sends Ctrl-C to all processes of its foreground group at once: a child has it too.
  enum class Origin { process, terminal };

  int number = 0;
  Origin origin = Origin::process;
};

class SignalWatch {
 public:
  virtual ~SignalWatch() = default;
  // Readable while a signal waits to be taken.
  [[nodiscard]] virtual int descriptor() const = 0;
  [[nodiscard]] virtual std::optional<Signal> take() = 0;
};

class SignalSource {
 public:
  virtual ~SignalSource() = default;
  // From now until the watch ends, these signals wait in it. SIGHUP is left out where it is ignored
  // (nohup).
  [[nodiscard]] virtual std::unique_ptr<SignalWatch> watch(const std::vector<int>& numbers) = 0;
};

// This process's own.
class ProcessSignals final : public SignalSource {
 public:
  [[nodiscard]] std::unique_ptr<SignalWatch> watch(const std::vector<int>& numbers) override;
};

// Sleeps for the duration, or until a signal waits: true then.
[[nodiscard]] bool sleep_unless_signalled(const SignalWatch& watch,
                                          std::chrono::milliseconds duration);

// While it lives, the first signal of the watch is taken and answered on a thread of its own: to
// stop an Agent, so that the call that blocks in it returns.
class OnSignal {
 public:
  OnSignal(SignalWatch& watch, std::function<void()> answer);
  ~OnSignal();
  OnSignal(const OnSignal&) = delete;
  OnSignal& operator=(const OnSignal&) = delete;

  // Stops listening. The signal that was answered, if one came.
  std::optional<Signal> end();

 private:
  Bell quit_;
  std::optional<Signal> signal_;  // The thread's until it is joined.
  std::thread thread_;
};

}  // namespace synapse::base
