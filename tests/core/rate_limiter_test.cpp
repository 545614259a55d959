// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/rate_limiter.hpp"

#include "support/catch.hpp"

namespace {

using namespace std::chrono_literals;
using synapse::Mono;
using synapse::core::RateLimiter;

// How many of these tries pass at one instant.
int allowed(RateLimiter& limiter, const std::string& key, Mono moment, int tries) {
  int passed = 0;
  for (int i = 0; i < tries; ++i) passed += limiter.allow(key, moment) ? 1 : 0;
  return passed;
}

}  // namespace

TEST_CASE("a bucket passes its burst and then its rate", "[core][rate]") {
  RateLimiter limiter(2, 5);
  CHECK(allowed(limiter, "a", 0s, 10) == 5);
  CHECK(allowed(limiter, "a", 500ms, 10) == 1);
  CHECK(allowed(limiter, "a", 999ms, 10) == 0);
  CHECK(allowed(limiter, "a", 3s, 10) == 5);
  CHECK(allowed(limiter, "a", 1h, 10) == 5);  // Never more than the burst.
}

TEST_CASE("each key has a bucket of its own", "[core][rate]") {
  RateLimiter limiter(1, 2);
  CHECK(allowed(limiter, "a", 0s, 5) == 2);
  CHECK(allowed(limiter, "b", 0s, 5) == 2);
}

TEST_CASE("asking and being refused costs nothing", "[core][rate]") {
  RateLimiter limiter(1, 1);
  CHECK(allowed(limiter, "a", 0s, 1) == 1);
  for (int i = 1; i < 8; ++i) CHECK_FALSE(limiter.allow("a", i * 125ms));
  CHECK(limiter.allow("a", 1s));
}

TEST_CASE("without a rate everything passes", "[core][rate]") {
  RateLimiter limiter(0, 0);
  CHECK(limiter.is_off());
  CHECK(allowed(limiter, "a", 0s, 10'000) == 10'000);
}

TEST_CASE("a burst below one still lets one pass", "[core][rate]") {
  RateLimiter limiter(1, 0);
  CHECK(allowed(limiter, "a", 0s, 5) == 1);
}

TEST_CASE("full buckets are forgotten to make room, buckets in use are not", "[core][rate]") {
  RateLimiter limiter(1, 2, 2);
  CHECK(allowed(limiter, "a", 0s, 5) == 2);
  CHECK(allowed(limiter, "b", 0s, 1) == 1);
  // Both are in use: a new key finds no room, and must not gain a fresh bucket for "a".
  CHECK_FALSE(limiter.allow("c", 0s));
  CHECK_FALSE(limiter.allow("a", 0s));
  // After a second "b" is full again and makes room.
  CHECK(allowed(limiter, "c", 1s, 5) == 2);
  CHECK(allowed(limiter, "a", 1s, 5) == 1);
}
