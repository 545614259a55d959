// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/backoff.hpp"

#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using synapse::base::Backoff;

constexpr double almost_one = 0.999999;

}  // namespace

TEST_CASE("delays double up to the last and stay there", "[base][backoff]") {
  Backoff backoff(100ms, 500ms);
  for (const auto step : {100ms, 200ms, 400ms, 500ms, 500ms}) {
    Backoff same = backoff;
    CHECK(same.next(0) == step / 2);
    const auto most = backoff.next(almost_one);
    CHECK(most <= step);
    CHECK(most >= step - 1ms);
  }
}

TEST_CASE("a success starts the delays over", "[base][backoff]") {
  Backoff backoff(100ms, 1s);
  for (int i = 0; i < 5; ++i) (void)backoff.next(0.5);
  CHECK(backoff.next(0) == 500ms);
  backoff.reset();
  CHECK(backoff.next(0) == 50ms);
}

TEST_CASE("a last delay below the first is taken as the first", "[base][backoff]") {
  Backoff backoff(200ms, 100ms);
  CHECK(backoff.next(0) == 100ms);
  CHECK(backoff.next(0) == 100ms);
}

TEST_CASE("after very many tries the delay is still the last", "[base][backoff]") {
  Backoff backoff(1ms, 30s);
  for (int i = 0; i < 10'000; ++i) (void)backoff.next(0);
  CHECK(backoff.next(0) == 15s);
}
