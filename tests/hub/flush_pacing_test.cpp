// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/flush_pacing.hpp"

#include "support/catch.hpp"

namespace synapse::test {

namespace {

using hub::FlushPacing;
using Reach = FlushPacing::Reach;

}  // namespace

TEST_CASE("an answer to one socket is written at once", "[hub][flush]") {
  FlushPacing pacing;
  CHECK_FALSE(pacing.looks_again(1, Reach::one));
  CHECK_FALSE(pacing.looks_again(1, Reach::one));
  CHECK_FALSE(pacing.looks_again(0, Reach::many));  // Time passed, or a commit was done.
}

TEST_CASE("what goes to many is written after two looks that found nothing more", "[hub][flush]") {
  FlushPacing pacing;
  CHECK(pacing.looks_again(1, Reach::many));
  CHECK(pacing.looks_again(0, Reach::many));
  CHECK(pacing.looks_again(1, Reach::many));  // One more came: it begins anew.
  CHECK(pacing.looks_again(0, Reach::many));
  CHECK_FALSE(pacing.looks_again(0, Reach::many));
  pacing.rest();
  CHECK_FALSE(pacing.looks_again(0, Reach::many));
}

TEST_CASE("an answer to one takes along what waited for more", "[hub][flush]") {
  FlushPacing pacing;
  CHECK(pacing.looks_again(2, Reach::many));
  CHECK_FALSE(pacing.looks_again(1, Reach::one));
}

TEST_CASE("frames that never end are written every so many", "[hub][flush]") {
  FlushPacing pacing;
  std::size_t frames = 0;
  while (pacing.looks_again(1, Reach::many)) REQUIRE(++frames < FlushPacing::frames_max);
  CHECK(frames == FlushPacing::frames_max - 1);
  CHECK(pacing.is_long());
  pacing.rest();
  CHECK_FALSE(pacing.is_long());
}

}  // namespace synapse::test
