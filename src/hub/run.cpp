// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/run.hpp"

#include <sys/resource.h>

#include <csignal>
#include <ostream>

#include "base/clock.hpp"
#include "base/signals.hpp"
#include "hub/exposure.hpp"
#include "hub/logger.hpp"
#include "hub/service.hpp"

namespace synapse::hub {

namespace {

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
  const Result<> safe = check_exposure(
      {options.host, options.is_guarded(), options.metrics, options.metrics_token.has_value()});
  if (!safe && !options.insecure_off_loopback) {
    err << "synapse hub: " << safe.error().message << "\n";
    return exit_refused;
  }
  // A connection that is gone shows as an error; the other two mean nothing to a hub, and must not
  // end one that holds everybody's claims.
  for (const int number : {SIGPIPE, SIGUSR1, SIGUSR2}) std::signal(number, SIG_IGN);
  raise_descriptor_limit();
  const base::SystemClock clock;
  const Logger logger(options.log_format, options.log_level);
  if (!safe) logger.warning("insecure by request: " + safe.error().message);
  // Before anything that starts threads: one that did not block the signals would be ended by them.
  base::ProcessSignals signals;
  const auto watch = signals.watch({SIGINT, SIGTERM, SIGHUP});
  Service service(options, clock, logger);
  const base::OnSignal stop(*watch, [&service] { service.stop(); });
  if (const Result<> started = service.start(); !started) {
    if (started.error().code == ErrorCode::closed) {  // By a signal.
      logger.info(started.error().message);
      return exit_ok;
    }
    err << "synapse hub: " << started.error().message << "\n";
    return exit_failed;
  }
  const char* scheme = options.tls_cert.empty() ? "ws" : "wss";
  logger.info(std::string("serving on ") + scheme + "://" + options.host + ":" +
              std::to_string(service.port()) +
              (options.db ? ", log " + *options.db : ", without a log: state ends with the hub"));
  out.flush();
  if (!options.greeting.empty()) err << options.greeting << std::endl;
  if (const Result<> ended = service.run(); !ended) {
    err << "synapse hub: " << ended.error().message << "\n";
    return exit_failed;
  }
  logger.info("stopped");
  return exit_ok;
}

}  // namespace synapse::hub
