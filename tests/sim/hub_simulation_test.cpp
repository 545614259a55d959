// SPDX-License-Identifier: AGPL-3.0-or-later
// The whole hub through crashes, power cuts and failing disks (SYNAPSE_SIM_ROUNDS seeds of them).
// One seed from the output of a failure: SYNAPSE_SIM_SEED.
#include <cstdlib>

#include "sim/hub_world.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using namespace synapse::sim;
using synapse::test::first_seed;

constexpr std::size_t steps_a_seed = 1'500;

std::size_t rounds_wanted() {
  const char* given = std::getenv("SYNAPSE_SIM_ROUNDS");
  return given == nullptr ? SYNAPSE_SIM_COMMANDS_DEFAULT / 5'000 : std::stoull(given);
}

}  // namespace

TEST_CASE("nobody is told of what a crash could undo, nor two agents that they hold one scope",
          "[sim][hub]") {
  Universe universe;
  HubSightings sightings;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + rounds_wanted(); ++seed) {
    HubWorld world(seed, universe, sightings);
    const std::optional<std::string> failure = world.run(steps_a_seed);
    if (failure) FAIL(*failure);
  }
  if (rounds_wanted() < 100) return;
  // A run that comes across too little proves too little.
  CHECK(sightings.crashes > 100);
  CHECK(sightings.power_cuts > 100);
  CHECK(sightings.failed_commits > 20);
  CHECK(sightings.repeated_answers > 20);
  CHECK(sightings.grants > 1'000);
  CHECK(sightings.facts_checked > 10'000);
}

TEST_CASE("the whole hub does the same again from the same seed, byte for byte", "[sim][hub]") {
  Universe universe;
  HubSightings sightings;
  const auto transcript = [&](std::uint64_t seed) {
    HubWorld world(seed, universe, sightings);
    const std::optional<std::string> failure = world.run(steps_a_seed);
    if (failure) FAIL(*failure);
    return world.transcript();
  };
  const std::string first = transcript(first_seed());
  CHECK(first.size() > 10'000);
  CHECK((first == transcript(first_seed())));
  CHECK((first != transcript(first_seed() + 1)));
}
