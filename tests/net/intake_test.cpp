// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/intake.hpp"

#include <optional>

#include "support/catch.hpp"

namespace synapse::net {

namespace {

using Verdict = Intake::Verdict;

constexpr Intake::Bounds small_bounds{100, 3, 1'000, 5'000, 200, 50};

}  // namespace

TEST_CASE("a stranger's unfinished message is small, or waits for what it said before",
          "[net][intake]") {
  std::atomic<std::size_t> all = 0;
  Intake intake(small_bounds, all);
  CHECK(intake.read_max() == 101);
  intake.arrived(100);
  CHECK(intake.verdict() == Verdict::go_on);
  CHECK(intake.read_max() == 1);
  intake.arrived(101);
  CHECK(intake.verdict() == Verdict::too_large);
  intake.drop_unfinished();
  CHECK(all == 0);

  intake.arrived(50);
  intake.handed_on();
  intake.arrived(101);
  CHECK(intake.verdict() == Verdict::wait);
  SECTION("which may let it in") {
    intake.admit();
    CHECK(intake.verdict() == Verdict::go_on);
    intake.arrived(900);
    CHECK(intake.verdict() == Verdict::go_on);
  }
  SECTION("or not") {
    intake.dealt_with(1);
    CHECK(intake.verdict() == Verdict::too_large);
  }
}

TEST_CASE("messages under way are bounded in number and in bytes", "[net][intake]") {
  std::atomic<std::size_t> all = 0;
  Intake intake(small_bounds, all);
  intake.admit();
  const auto say = [&intake](std::size_t bytes) {
    intake.arrived(bytes);
    intake.handed_on();
  };
  for (int i = 0; i < 3; ++i) {
    CHECK(intake.verdict() == Verdict::go_on);
    say(1);
  }
  CHECK(intake.verdict() == Verdict::wait);
  intake.dealt_with(2);
  CHECK(intake.verdict() == Verdict::go_on);
  say(999);
  CHECK(intake.verdict() == Verdict::wait);
  intake.dealt_with(2);
  CHECK(intake.verdict() == Verdict::go_on);
  CHECK(all == 0);
}

TEST_CASE("while all connections hold too much, small messages go on and large ones don't",
          "[net][intake]") {
  std::atomic<std::size_t> all = 0;
  std::optional<Intake> greedy(std::in_place, small_bounds, all);
  greedy->admit();
  greedy->arrived(6'000);
  CHECK(greedy->verdict() == Verdict::full);

  Intake modest(small_bounds, all);
  modest.admit();
  modest.arrived(200);
  CHECK(modest.verdict() == Verdict::go_on);
  modest.handed_on();
  CHECK(modest.verdict() == Verdict::wait);
  modest.dealt_with(1);
  modest.arrived(201);
  CHECK(modest.verdict() == Verdict::full);

  greedy.reset();
  CHECK(all == 201);
  CHECK(modest.verdict() == Verdict::go_on);
}

}  // namespace synapse::net
