// SPDX-License-Identifier: AGPL-3.0-or-later
// Several hubs on one log through all that can happen to hubs and logs. One seed from the output of
// a failure: SYNAPSE_SIM_SEED; how many: SYNAPSE_SIM_ROUNDS.
#include <cstdlib>

#include "sim/cluster_world.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using namespace synapse::sim;
using synapse::test::first_seed;

constexpr std::size_t cluster_steps = 600;

std::size_t cluster_rounds() {
  const char* given = std::getenv("SYNAPSE_SIM_ROUNDS");
  return given == nullptr ? SYNAPSE_SIM_COMMANDS_DEFAULT / 500 : std::stoull(given);
}

}  // namespace

TEST_CASE("hubs of one log agree at each place of it, and each request is answered once",
          "[sim][cluster]") {
  Universe universe;
  ClusterSightings sightings;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + cluster_rounds(); ++seed) {
    ClusterWorld world(seed, universe, sightings);
    const std::optional<std::string> failure = world.run(cluster_steps);
    if (failure) FAIL(*failure);
  }
  if (cluster_rounds() < 100) return;
  // A run that comes across too little proves too little.
  CHECK(sightings.batches > 2'000);
  CHECK(sightings.crashes > 100);
  CHECK(sightings.snapshots_used > 50);
  CHECK(sightings.called_gone > 5);
  CHECK(sightings.repeated > 100);
  CHECK(sightings.cut_off > 50);
  CHECK(sightings.answered > 1'000);
  CHECK(sightings.moved > 100);
  CHECK(sightings.grants > 200);
  CHECK(sightings.new_rules > 100);
}

TEST_CASE("a bus of several hubs does the same again from the same seed", "[sim][cluster]") {
  Universe universe;
  ClusterSightings sightings;
  const auto transcript = [&](std::uint64_t seed) {
    ClusterWorld world(seed, universe, sightings);
    const std::optional<std::string> failure = world.run(cluster_steps);
    if (failure) FAIL(*failure);
    return world.transcript();
  };
  const std::uint64_t first = transcript(first_seed());
  CHECK(first == transcript(first_seed()));
  CHECK(first != transcript(first_seed() + 1));
}
