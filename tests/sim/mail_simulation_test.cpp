// SPDX-License-Identifier: AGPL-3.0-or-later
// A million steps (SYNAPSE_SIM_COMMANDS says otherwise). One seed of a failure: SYNAPSE_SIM_SEED.
#include "sim/mail_simulation.hpp"

#include <cstdlib>

#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using namespace synapse;
using namespace synapse::sim;

constexpr std::size_t mail_steps_a_seed = 1'000;

std::size_t mail_steps_wanted() {
  const char* given = std::getenv("SYNAPSE_SIM_COMMANDS");
  return given == nullptr ? SYNAPSE_SIM_COMMANDS_DEFAULT : std::stoull(given);
}

}  // namespace

TEST_CASE("every message to every recipient comes to an end that something shows, through crashes",
          "[sim][delivery]") {
  MailSightings sightings;
  const std::size_t seeds = 1 + (mail_steps_wanted() - 1) / mail_steps_a_seed;
  const std::uint64_t first = test::first_seed();
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const std::optional<std::string> failure =
        MailSimulation(seed, sightings).run(mail_steps_a_seed);
    if (failure) FAIL(*failure);
  }
  if (mail_steps_wanted() < 50'000) return;
  // A run that comes across too little proves too little.
  for (const char* change : {"sent ", "sent expired", "received ", "seen ", "answered ",
                             "dropped expired", "dropped overflow", "dropped withdrawn"}) {
    INFO(change);
    CHECK(sightings.changes[change] > 10);
  }
  const std::size_t last = core::Event(core::DoesNotRead{}).index();
  for (std::size_t i = core::Event(core::MailKept{}).index(); i <= last; ++i) {
    INFO("event " << i);
    CHECK(sightings.events[i] > 10);
  }
  CHECK(sightings.restarts > 10);
  CHECK(sightings.notices > 10);
}
