// SPDX-License-Identifier: AGPL-3.0-or-later
#include "sim/universe.hpp"

#include "core/scope.hpp"
#include "core/scope_cover.hpp"
#include "sim/commands.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using namespace synapse::sim;
using synapse::core::path_covers;
using synapse::core::paths_contend;
using synapse::core::segments_meet;

bool share_a_name(std::string_view a, std::string_view b) {
  for (const std::string_view name : Universe::names) {
    if (name_matches(a, name) && name_matches(b, name)) return true;
  }
  return false;
}

std::vector<std::string_view> segments() {
  std::vector<std::string_view> all(std::begin(Universe::names), std::end(Universe::names));
  all.insert(all.end(), std::begin(Universe::patterns), std::end(Universe::patterns));
  return all;
}

}  // namespace

TEST_CASE("the universe's names decide whether two segments meet", "[sim][universe]") {
  for (const std::string_view a : segments()) {
    for (const std::string_view b : segments()) {
      INFO(a << " and " << b);
      CHECK(segments_meet(a, b) == share_a_name(a, b));
    }
  }
}

TEST_CASE("on doubt the machine denies more than the universe, never less", "[sim][universe]") {
  std::size_t more = 0;
  for (const std::string_view a : Universe::doubtful_patterns) {
    for (const std::string_view b : segments()) {
      INFO(a << " and " << b);
      if (share_a_name(a, b)) CHECK(segments_meet(a, b));
      more += segments_meet(a, b) && !share_a_name(a, b) ? 1 : 0;
    }
  }
  CHECK(more > 0);
}

TEST_CASE("the universe's files decide whether two paths contend", "[sim][universe]") {
  Universe universe;
  Dice dice(synapse::test::first_seed());
  Crowd crowd(dice);
  std::size_t contending = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = crowd.path();
    const std::string b = crowd.path();
    const bool share = (universe.cover(a) & universe.cover(b)).any();
    contending += share ? 1 : 0;
    INFO("'" << a << "' and '" << b << "'");
    REQUIRE(paths_contend(a, b) == share);
  }
  CHECK(contending > 2'000);
  CHECK(contending < 18'000);
}

TEST_CASE("a path is said to cover another only if the universe's files agree", "[sim][universe]") {
  Universe universe;
  Dice dice(synapse::test::first_seed());
  Crowd crowd(dice);
  std::size_t covering = 0;
  std::size_t missed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string outer = crowd.path();
    const std::string inner = crowd.path();
    const bool covers = (universe.cover(inner) & ~universe.cover(outer)).none();
    INFO("'" << outer << "' and '" << inner << "'");
    if (path_covers(outer, inner)) {
      REQUIRE(covers);
      ++covering;
    } else if (covers) {
      ++missed;
    }
    REQUIRE(path_covers(outer, outer));
  }
  CHECK(covering > 1'000);
  CHECK(missed < covering / 4);  // It is careful, not blind.
}
