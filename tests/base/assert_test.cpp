// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/assert.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "support/catch.hpp"

namespace {

// The status of a child that runs only the check.
int status_of_checking(bool holds) {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    ::dup2(::open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
    SYNAPSE_ASSERT(holds);
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status;
}

}  // namespace

TEST_CASE("a broken assertion ends the process in every build", "[base][assert]") {
  const int broken = status_of_checking(false);
  REQUIRE(WIFSIGNALED(broken));
  CHECK(WTERMSIG(broken) == SIGABRT);
  CHECK(status_of_checking(true) == 0);
}
