// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/quantity.hpp"

#include "support/catch.hpp"

using synapse::cli::parse_duration;
using synapse::cli::parse_size;

TEST_CASE("a duration is a number and a unit, seconds unless it says otherwise",
          "[cli][quantity]") {
  CHECK(*parse_duration("0") == 0);
  CHECK(*parse_duration("90") == 90);
  CHECK(*parse_duration("90s") == 90);
  CHECK(*parse_duration("1.5m") == 90);
  CHECK(*parse_duration("12h") == 43'200);
  CHECK(*parse_duration("7d") == 604'800);
  CHECK(*parse_duration("2w") == 1'209'600);
}

TEST_CASE("a size is a number and a unit of 1024, bytes unless it says otherwise",
          "[cli][quantity]") {
  CHECK(*parse_size("1") == 1);
  CHECK(*parse_size("500k") == 512'000);
  CHECK(*parse_size("200M") == 209'715'200);
  CHECK(*parse_size("1.5GB") == 1'610'612'736);
  CHECK(*parse_size("2T") == 2'199'023'255'552);
}

TEST_CASE("what is no amount is refused, with how to write one", "[cli][quantity]") {
  for (const char* wrong :
       {"", "d", "-1d", "7 d", "7days", "nan", "inf", "1e3", "0x10", "1e999", "99999999w", "+5"}) {
    INFO(wrong);
    CHECK(parse_duration(wrong).error().code == synapse::ErrorCode::bad_argument);
    CHECK(parse_size(wrong).error().code == synapse::ErrorCode::bad_argument);
  }
  CHECK_THAT(parse_duration("soon").error().message,
             Catch::Contains("'soon'") && Catch::Contains("7d"));
  CHECK_THAT(parse_size("0").error().message, Catch::Contains("200M"));
  CHECK_FALSE(parse_size("99999999T"));
}
