// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/run.hpp"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <ostream>
#include <thread>

#include "base/clock.hpp"
#include "hub/exposure.hpp"
#include "hub/logger.hpp"
#include "hub/service.hpp"

namespace synapse::hub {

namespace {

// Blocks the stop signals for this thread and those it starts from now on. Made before anything
// that starts threads: one that did not block them would be ended by them.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, wake_up}) sigaddset(&set_, number);
    pthread_sigmask(SIG_BLOCK, &set_, &old_);
  }
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &old_, nullptr); }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;

  // The next one; waits for it.
  [[nodiscard]] int next() const {
    int number = 0;
    sigwait(&set_, &number);
    return number;
  }

  static constexpr int wake_up = SIGUSR2;  // Ours: ends a wait.

 private:
  sigset_t set_{};
  sigset_t old_{};
};

// Stops the service at a stop signal, from a thread of its own: nothing runs in a signal handler.
class StopAtSignal {
 public:
  StopAtSignal(const BlockedSignals& signals, Service& service)
      : waiter_([&signals, &service] {
          if (signals.next() != BlockedSignals::wake_up) service.stop();
        }) {}
  ~StopAtSignal() {
    pthread_kill(waiter_.native_handle(), BlockedSignals::wake_up);
    waiter_.join();
  }
  StopAtSignal(const StopAtSignal&) = delete;
  StopAtSignal& operator=(const StopAtSignal&) = delete;

 private:
  std::thread waiter_;
};

// A socket is a descriptor: without this, a thousand agents meet the usual soft limit of 1024.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
}

constexpr int exit_ok = 0;
constexpr int exit_failed = 1;
constexpr int exit_refused = 2;

}  // namespace

int run(const RunOptions& options, std::ostream& out, std::ostream& err) {
  const Result<> safe = check_exposure({options.host, options.token.has_value(), options.metrics,
                                        options.metrics_token.has_value()});
  if (!safe && !options.insecure_off_loopback) {
    err << "synapse hub: " << safe.error().message << "\n";
    return exit_refused;
  }
  signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const base::SystemClock clock;
  const Logger logger(options.log_format, options.log_level);
  if (!safe) logger.warning("insecure by request: " + safe.error().message);
  const BlockedSignals signals;
  Service service(options, clock, logger);
  const StopAtSignal stopper(signals, service);
  if (const Result<> started = service.start(); !started) {
    err << "synapse hub: " << started.error().message << "\n";
    return exit_failed;
  }
  const char* scheme = options.tls_cert.empty() ? "ws" : "wss";
  logger.info(std::string("serving on ") + scheme + "://" + options.host + ":" +
              std::to_string(service.port()) +
              (options.db ? ", log " + *options.db : ", without a log: state ends with the hub"));
  out.flush();
  if (const Result<> ended = service.run(); !ended) {
    err << "synapse hub: " << ended.error().message << "\n";
    return exit_failed;
  }
  logger.info("stopped");
  return exit_ok;
}

}  // namespace synapse::hub
