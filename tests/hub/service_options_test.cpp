// SPDX-License-Identifier: AGPL-3.0-or-later
// What the command line's options become.
#include "hub/service_options.hpp"

#include <sched.h>

#include <thread>

#include "support/catch.hpp"

using namespace synapse;

TEST_CASE("a hub has no more threads than cores that it may use, and at most four", "[hub]") {
  CHECK(hub::thread_count({}) >= 1);
  CHECK(hub::thread_count({}) <= 4);
  hub::RunOptions said;
  said.threads = 7;
  CHECK(hub::thread_count(said) == 7);
  unsigned on_one = 0;
  // A thread of its own, so that no other test is kept on one core.
  std::thread([&on_one] {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    if (sched_getaffinity(0, sizeof mine, &mine) != 0) return;
    int first = 0;
    while (!CPU_ISSET(first, &mine)) ++first;
    CPU_ZERO(&mine);
    CPU_SET(first, &mine);
    if (sched_setaffinity(0, sizeof mine, &mine) == 0) on_one = hub::thread_count({});
  }).join();
  CHECK(on_one == 1);
}
