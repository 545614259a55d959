// SPDX-License-Identifier: AGPL-3.0-or-later
#include "failure.hpp"

#include <cerrno>
#include <csignal>
#include <system_error>

namespace synapse::bench {
namespace {

volatile std::sig_atomic_t signalled = 0;

void mark(int signal) { signalled = signal; }

}  // namespace

void fail_errno(const std::string& what) {
  const std::error_code code(errno, std::generic_category());
  throw Failure(what + ": " + code.message());
}

void mark_signals() {
  struct sigaction action {};
  action.sa_handler = mark;  // without SA_RESTART: a wait must end for the mark to be seen
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) ::sigaction(signal, &action, nullptr);
}

void fail_if_signalled() {
  if (signalled != 0) throw Failure("ended by signal " + std::to_string(signalled));
}

}  // namespace synapse::bench
