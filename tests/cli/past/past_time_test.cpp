// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/past/past_time.hpp"

#include <cmath>

#include "support/catch.hpp"

using synapse::cli::date_and_time;
using synapse::cli::parse_past_time;

namespace {

constexpr double now = 1'795'357'924.5;

}  // namespace

TEST_CASE("a moment is so long ago, a number of seconds, or an ISO time with its zone",
          "[cli][past]") {
  CHECK(parse_past_time("-10m", now)->wall == now - 600);
  CHECK(parse_past_time("now", now)->wall == now);
  CHECK(parse_past_time("1795357000.25", now)->wall == 1'795'357'000.25);
  CHECK(parse_past_time("2026-11-22T14:03:05Z", now)->wall == 1'795'356'185);
  CHECK(parse_past_time("2026-11-22T15:03:05.5+01:00", now)->wall == 1'795'356'185.5);
  CHECK(parse_past_time("2026-11-22 09:03:05-0500", now)->wall == 1'795'356'185);
}

TEST_CASE("a small number is that of an event", "[cli][past]") {
  CHECK(parse_past_time("412", now)->seq == 412);
  CHECK_FALSE(parse_past_time("1795357000", now)->seq);
}

TEST_CASE("a time without a zone is this machine's, and one of day is the last that is over",
          "[cli][past]") {
  for (const double moment : {now - 5, now - 40'000, now - 86'000, 1'790'000'000.0}) {
    CHECK(parse_past_time(date_and_time(moment), now)->wall == std::floor(moment));
  }
  for (const double ago : {120.0, 7200.0, 80'000.0}) {
    const std::string text = date_and_time(now - ago).substr(11);
    const double found = parse_past_time(text, now)->wall;
    // A change of the clocks in between moves it by an hour.
    CHECK(std::fmod(std::abs(found - std::floor(now - ago)), 3600) == 0);
    CHECK(found <= now);
    CHECK(found > now - 90'001);
  }
}

TEST_CASE("what is no moment is refused with how to write one", "[cli][past]") {
  for (const char* text : {"", "yesterday", "25:00", "14:03x", "-", "-10x", "2026-13-01", "nan",
                           "-1e300", "1e300", "2026-11-22T14:03:05+1"}) {
    CAPTURE(text);
    const auto moment = parse_past_time(text, now);
    REQUIRE_FALSE(moment.has_value());
    CHECK(moment.error().message.find("-10m") != std::string::npos);
  }
}
