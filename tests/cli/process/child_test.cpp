// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/process/child.hpp"

#include <poll.h>

#include <csignal>

#include "support/catch.hpp"
#include "support/deadline.hpp"

using synapse::cli::Child;

namespace {

int run(const std::vector<std::string>& words) { return Child::start(words).value().wait(); }

bool has_ended(const Child& child, const synapse::test::Deadline& deadline) {
  pollfd event{child.descriptor(), POLLIN, 0};
  return poll(&event, 1, deadline.poll_ms()) == 1;
}

}  // namespace

TEST_CASE("a child's exit code is its own", "[cli][child]") {
  CHECK(run({"true"}) == 0);
  CHECK(run({"sh", "-c", "exit 7"}) == 7);
}

TEST_CASE("a child that a signal ends shows as shells have it", "[cli][child]") {
  CHECK(run({"sh", "-c", "kill -9 $$"}) == 128 + SIGKILL);
}

TEST_CASE("a program that is not there is an error", "[cli][child]") {
  CHECK(Child::start({"/no/such/program"}).has_error());
  CHECK(Child::start({"/"}).has_error());
}

TEST_CASE("a child's descriptor is readable once it has ended, and signals reach it",
          "[cli][child]") {
  Child child = Child::start({"sleep", "1000"}).value();
  CHECK_FALSE(has_ended(child, std::chrono::milliseconds(0)));
  child.send_signal(SIGTERM);
  CHECK(has_ended(child, synapse::test::patience));
  CHECK(child.wait() == 128 + SIGTERM);
}

TEST_CASE("signals that are only watched reach a child as usual", "[cli][child]") {
  sigset_t watched;
  sigset_t before;
  sigemptyset(&watched);
  sigaddset(&watched, SIGINT);
  pthread_sigmask(SIG_BLOCK, &watched, &before);
  Child child = Child::start({"sleep", "1000"}).value();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  child.send_signal(SIGINT);
  CHECK(child.wait() == 128 + SIGINT);
}
