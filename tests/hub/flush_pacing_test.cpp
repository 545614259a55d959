// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/flush_pacing.hpp"

#include "support/catch.hpp"

namespace synapse::test {

namespace {

using hub::FlushPacing;
using Reach = FlushPacing::Reach;

constexpr base::Mono first_moment = std::chrono::hours(1);

// A round of so many that come together: true when it was written with the last of them.
bool takes_all(FlushPacing& pacing, std::size_t count, base::Mono now) {
  for (std::size_t i = 1; i < count; ++i) {
    if (!pacing.looks_again(1, Reach::many, now)) return false;
  }
  bool looks = pacing.looks_again(1, Reach::many, now);
  for (int i = 0; looks && i < 100; ++i) looks = pacing.looks_again(0, Reach::many, now);
  pacing.rest();
  return !looks;
}

}  // namespace

TEST_CASE("an answer to one socket is written at once", "[hub][flush]") {
  FlushPacing pacing;
  CHECK_FALSE(pacing.looks_again(1, Reach::one, first_moment));
  CHECK_FALSE(pacing.looks_again(1, Reach::one, first_moment));
  CHECK_FALSE(
      pacing.looks_again(0, Reach::many, first_moment));  // Time passed, or a commit was done.
}

TEST_CASE("what goes to many is written after two looks that found nothing more", "[hub][flush]") {
  FlushPacing pacing;
  CHECK(pacing.looks_again(1, Reach::many, first_moment));
  CHECK(pacing.looks_again(0, Reach::many, first_moment));
  CHECK(pacing.looks_again(1, Reach::many, first_moment));  // One more came: it begins anew.
  CHECK(pacing.looks_again(0, Reach::many, first_moment));
  CHECK_FALSE(pacing.looks_again(0, Reach::many, first_moment));
  pacing.rest();
  CHECK_FALSE(pacing.looks_again(0, Reach::many, first_moment));
}

TEST_CASE("an answer to one takes along what waited for more", "[hub][flush]") {
  FlushPacing pacing;
  CHECK(pacing.looks_again(2, Reach::many, first_moment));
  CHECK_FALSE(pacing.looks_again(1, Reach::one, first_moment));
}

TEST_CASE("as many as came together the last times are waited for while they keep coming",
          "[hub][flush]") {
  FlushPacing pacing;
  for (int round = 0; round < 8; ++round) REQUIRE(takes_all(pacing, 64, first_moment));
  // The first of the next round is early, and the looks behind it find nothing.
  CHECK(pacing.looks_again(1, Reach::many, first_moment));
  for (int i = 0; i < 100; ++i) REQUIRE(pacing.looks_again(0, Reach::many, first_moment));
  SECTION("until nothing has come for a while") {
    const base::Mono later = first_moment + FlushPacing::gap_max;
    CHECK_FALSE(pacing.looks_again(0, Reach::many, later));
  }
  SECTION("each that comes is a reason to go on") {
    const base::Mono later = first_moment + FlushPacing::gap_max;
    CHECK(pacing.looks_again(1, Reach::many, later));
    for (int i = 0; i < 100; ++i) REQUIRE(pacing.looks_again(0, Reach::many, later));
  }
  SECTION("but an answer to one takes it along") {
    CHECK_FALSE(pacing.looks_again(1, Reach::one, first_moment));
  }
  SECTION("and when there are only few at a time, the few are soon not waited for") {
    const base::Mono later = first_moment + FlushPacing::gap_max;
    while (pacing.looks_again(0, Reach::many, later)) continue;
    pacing.rest();
    int waits = 0;
    while (!takes_all(pacing, 1, first_moment)) REQUIRE(++waits < 8);
    CHECK(takes_all(pacing, 1, first_moment));
  }
}

TEST_CASE("frames that never end are written every so many", "[hub][flush]") {
  FlushPacing pacing;
  std::size_t frames = 0;
  while (pacing.looks_again(1, Reach::many, first_moment))
    REQUIRE(++frames < FlushPacing::frames_max);
  CHECK(frames == FlushPacing::frames_max - 1);
  CHECK(pacing.is_long());
  pacing.rest();
  CHECK_FALSE(pacing.is_long());
}

}  // namespace synapse::test
