// SPDX-License-Identifier: AGPL-3.0-or-later
// A million commands (SYNAPSE_SIM_COMMANDS says otherwise) against a model that is too plain to be
// wrong, through crashes. One seed from the output of a failure: SYNAPSE_SIM_SEED.
#include <cstdlib>

#include "sim/dump.hpp"
#include "sim/simulation.hpp"
#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using namespace synapse;
using namespace synapse::sim;
using synapse::test::first_seed;

constexpr std::size_t commands_a_seed = 2'000;

std::size_t commands_wanted() {
  const char* given = std::getenv("SYNAPSE_SIM_COMMANDS");
  return given == nullptr ? SYNAPSE_SIM_COMMANDS_DEFAULT : std::stoull(given);
}

constexpr ErrorCode refusals[] = {
    ErrorCode::blank_task_id,      ErrorCode::task_held,           ErrorCode::scope_held,
    ErrorCode::claim_quota,        ErrorCode::not_claimed,         ErrorCode::not_owner,
    ErrorCode::stale_epoch,        ErrorCode::version_conflict,    ErrorCode::unknown_status,
    ErrorCode::illegal_transition, ErrorCode::blank_target,        ErrorCode::target_offline,
    ErrorCode::target_is_owner,    ErrorCode::nothing_to_wait_for, ErrorCode::own_task,
    ErrorCode::deadlock,           ErrorCode::queue_full,          ErrorCode::blank_title,
    ErrorCode::dependency_cycle,   ErrorCode::unknown_task,        ErrorCode::unknown_kind,
    ErrorCode::plan_full,          ErrorCode::blank_offer,         ErrorCode::offer_quota,
    ErrorCode::finding_rejected,
};

}  // namespace

TEST_CASE("the machine does what the model does, through crashes", "[sim]") {
  Universe universe;
  Sightings sightings;
  const std::size_t seeds = 1 + (commands_wanted() - 1) / commands_a_seed;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + seeds; ++seed) {
    Simulation simulation(seed, universe, sightings);
    const std::optional<std::string> failure = simulation.run(commands_a_seed);
    if (failure) FAIL(*failure);
  }
  if (commands_wanted() < 50'000) return;
  // A run that comes across too little proves too little.
  // Those of mail, which come last, have a simulation of their own; a write across a claim, before
  // them, changes no state.
  for (std::size_t i = 0; i < core::Event(core::UnclaimedWrite{}).index(); ++i) {
    INFO("event " << i);
    CHECK(sightings.events[i] > 0);
  }
  CHECK(sightings.restarts > 10);
  if (commands_wanted() < 500'000) return;  // The rarest refusals come once in as many.
  for (const ErrorCode code : refusals) {
    INFO(wire_name(code));
    CHECK(sightings.refusals[code] > 0);
  }
}

TEST_CASE("the same commands at the same times give the same events, byte for byte", "[sim]") {
  Universe universe;
  Sightings sightings;
  const auto transcript = [&](std::uint64_t seed) {
    Simulation simulation(seed, universe, sightings, Transcript::kept);
    const std::optional<std::string> failure = simulation.run(5'000);
    if (failure) FAIL(*failure);
    return simulation.transcript();
  };
  const std::string first = transcript(first_seed());
  CHECK(first.size() > 100'000);
  CHECK((first == transcript(first_seed())));
  CHECK((first != transcript(first_seed() + 1)));
}

TEST_CASE("a dump tells states apart that differ in one thing", "[sim][dump]") {
  core::Lease lease;
  lease.task_id = TaskId("t");
  lease.owner = AgentName("A");
  lease.expires_at = 1'700'000'000.25;
  const auto state = [](const std::vector<core::Event>& events) {
    core::Machine machine(core::Limits{});
    for (const core::Event& event : events) machine.replay(event);
    return dump(machine);
  };
  const std::string before = state({core::LeaseGranted{lease}});
  core::Lease other = lease;
  other.expires_at += 1e-6;
  CHECK(state({core::LeaseGranted{other}}) != before);
  other = lease;
  other.deadline = std::chrono::seconds(5);  // Another process counts from elsewhere.
  CHECK(state({core::LeaseGranted{other}}) == before);
  other = lease;
  other.coverage = core::Coverage::none;
  CHECK(state({core::LeaseGranted{other}}) != before);
  const core::LeaseExpired kept{TaskId("a"), AgentName("A"), Epoch{0}, "x"};
  const core::LeaseExpired also_kept{TaskId("b"), AgentName("A"), Epoch{0}, "x"};
  // The order in which checkpoints will be forgotten is state, too.
  CHECK(state({kept, also_kept}) != state({also_kept, kept}));
}
