// SPDX-License-Identifier: AGPL-3.0-or-later
// Random lives of a machine, from a seed: agents claim, update, checkpoint, hand over, release, let
// leases lapse, plan, talk and offer. Each event goes into a log as the hub would write it. The
// same seed gives the same life.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "core/machine.hpp"
#include "store/event_store.hpp"
#include "support/actors.hpp"

namespace synapse::test {

struct FleetSize {
  std::size_t agents = 5;
  std::size_t tasks = 9;
};

class Fleet {
 public:
  Fleet(std::uint64_t seed, const core::Limits& limits, FleetSize size = {});

  // One command, or some time; appends what came of it.
  void step(store::EventStore& log);

  // After the leases that are due have lapsed.
  [[nodiscard]] core::Machine& machine() { return machine_; }
  [[nodiscard]] base::Moment now() const;

 private:
  std::size_t draw(std::size_t below) { return static_cast<std::size_t>(random_() % below); }
  std::string name(const char* prefix, std::size_t below);
  core::Command command(const AgentName& actor);
  core::Command mail_command(const AgentName& actor);
  core::Command lease_command();
  void record(std::vector<core::Event> events, store::EventStore& log);

  std::mt19937_64 random_;
  FleetSize size_;
  core::Machine machine_;
  Actors actors_{machine_};
  double elapsed_ = 0;
  std::vector<core::Event> arrivals_;  // Not in the log yet.
};

// Small bounds, so that a short life meets all of them.
[[nodiscard]] core::Limits tight_limits();

// Arbitrary events of the logged kinds in an arbitrary order, with epochs and numbers that go back
// and forth: a log that no hub writes.
[[nodiscard]] std::vector<store::Entry> disorderly_log(std::uint64_t seed, std::size_t events);

}  // namespace synapse::test
