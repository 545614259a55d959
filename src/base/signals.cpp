// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/signals.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <csignal>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/alarm_clock.hpp"
#include "base/quiet_thread.hpp"

namespace synapse::base {

namespace {

class ProcessWatch final : public SignalWatch {
 public:
  explicit ProcessWatch(const sigset_t& watched) {
    // Blocked before there is a descriptor: a signal in between waits, and doesn't kill.
    pthread_sigmask(SIG_BLOCK, &watched, &mask_before_);
    descriptor_ = Descriptor(signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!descriptor_.is_open()) throw std::system_error(errno, std::generic_category(), "signalfd");
  }
  ~ProcessWatch() override { pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr); }
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  [[nodiscard]] int descriptor() const override { return descriptor_.number(); }

  [[nodiscard]] std::optional<Signal> take() override {
    signalfd_siginfo info{};
    if (read(descriptor_.number(), &info, sizeof(info)) != sizeof(info)) return std::nullopt;
    const bool from_kernel = info.ssi_code == SI_KERNEL;
    return Signal{static_cast<int>(info.ssi_signo),
                  from_kernel ? Signal::Origin::terminal : Signal::Origin::process};
  }

 private:
  Descriptor descriptor_;
  sigset_t mask_before_{};
};

bool is_ignored(int number) {
  struct sigaction action {};
  return sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

// Until one of the two is readable; true if the first is.
bool wait_for_either(int first, int second) {
  std::array<pollfd, 2> both{{{first, POLLIN, 0}, {second, POLLIN, 0}}};
  while (poll(both.data(), both.size(), -1) < 0 && errno == EINTR) {
  }
  return (both[0].revents & POLLIN) != 0;
}

}  // namespace

std::unique_ptr<SignalWatch> ProcessSignals::watch(const std::vector<int>& numbers) {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : numbers) {
    if (number != SIGHUP || !is_ignored(number)) sigaddset(&watched, number);
  }
  return std::make_unique<ProcessWatch>(watched);
}

bool sleep_unless_signalled(const SignalWatch& watch, std::chrono::milliseconds duration) {
  AlarmClock alarm;
  alarm.set(duration);
  return wait_for_either(watch.descriptor(), alarm.descriptor());
}

OnSignal::OnSignal(SignalWatch& watch, std::function<void()> answer) {
  thread_ = quiet_thread([this, &watch, answer = std::move(answer)] {
    if (!wait_for_either(watch.descriptor(), quit_.descriptor())) return;
    signal_ = watch.take();
    if (signal_) answer();
  });
}

OnSignal::~OnSignal() { end(); }

std::optional<Signal> OnSignal::end() {
  if (thread_.joinable()) {
    quit_.ring();
    thread_.join();
  }
  return signal_;
}

}  // namespace synapse::base
