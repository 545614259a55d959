// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/state_rows.hpp"

#include <sstream>

#include "fleet.hpp"
#include "samples.hpp"
#include "store/replay.hpp"
#include "support/memory_store.hpp"
#include "support/result_text.hpp"
#include "support/seed.hpp"

using namespace synapse;
using namespace synapse::test;

namespace {

// What the log says, and nothing that has lapsed since.
std::unique_ptr<core::Machine> state_of(store::EventStore& log, const core::Machine& like,
                                        base::Moment start) {
  auto machine = std::make_unique<core::Machine>(like.limits(), "syn-00000002");
  const auto report = store::replay(log, *machine, start, [](std::int64_t seq, const Error& why) {
    FAIL("record " << seq << " was not decoded: " << why.message);
  });
  REQUIRE(report);
  CHECK(report->unknown == 0);
  if (report->reserved) machine->saw_epoch(report->reserved->until);
  return machine;
}

std::unique_ptr<core::Machine> machine_of(store::EventStore& log, const core::Machine& like,
                                          base::Moment start) {
  auto machine = state_of(log, like, start);
  static_cast<void>(Actors(*machine).tick(start));
  return machine;
}

void append_all(store::EventStore& log, const std::vector<store::Entry>& rows) {
  REQUIRE(log.append(rows));
}

// What of the dump says how things stand: the rings of what has ended hold some of the past.
std::string dump_of_now(const core::Machine& machine) {
  std::istringstream lines(dump(machine));
  std::string text;
  int rings = 0;
  for (std::string line; std::getline(lines, line);) {
    rings += line == "--" ? 1 : 0;
    const bool is_over = rings > 0 && (line == "--" || line.starts_with("mail "));
    if (!is_over) text += line + '\n';
  }
  return text;
}

}  // namespace

TEST_CASE("a log that is given a state whole replays to that state", "[store][rows][random]") {
  const std::uint64_t seed = first_seed();
  std::size_t dead_letters = 0;
  std::size_t lapses = 0;
  for (std::uint64_t round = 0; round < 60; ++round) {
    INFO("seed " << seed << " + " << round);
    MemoryStore unused;
    Fleet fleet(seed + round, round % 2 == 0 ? tight_limits() : core::Limits{});
    const core::Machine blank(fleet.machine().limits());
    for (int step = 0; step < 250; ++step) {
      fleet.step(unused);
      if (step % 50 != 49) continue;
      MemoryStore log;
      append_all(log, store::rows_between(blank, fleet.machine(), fleet.now()));
      const auto read = machine_of(log, fleet.machine(), fleet.now());
      REQUIRE(dump(*read) == dump(fleet.machine()));
      const auto& had = fleet.machine().leases().lapses().all();
      const auto& has = read->leases().lapses().all();
      REQUIRE(has.size() == had.size());
      lapses += has.size();
      dead_letters += fleet.machine().mail().dead().size();
    }
  }
  // A run that comes across too little proves too little.
  CHECK(dead_letters > 100);
  CHECK(lapses > 100);
}

TEST_CASE("a log goes on from a state that it had to one that it is given",
          "[store][rows][random]") {
  const std::uint64_t seed = first_seed();
  for (std::uint64_t round = 0; round < 60; ++round) {
    INFO("seed " << seed << " + " << round);
    MemoryStore log;
    Fleet fleet(seed + round, round % 2 == 0 ? tight_limits() : core::Limits{});
    for (int step = 0; step < 100; ++step) fleet.step(log);
    const auto had = state_of(log, fleet.machine(), fleet.now());
    MemoryStore elsewhere;
    for (int step = 0; step < static_cast<int>(round); ++step) fleet.step(elsewhere);
    append_all(log, store::rows_between(*had, fleet.machine(), fleet.now()));
    const auto read = machine_of(log, fleet.machine(), fleet.now());
    REQUIRE(dump_of_now(*read) == dump_of_now(fleet.machine()));
  }
}

TEST_CASE("a state that a log has already takes no row", "[store][rows]") {
  MemoryStore log;
  Fleet fleet(first_seed(), core::Limits{});
  for (int step = 0; step < 200; ++step) fleet.step(log);
  const auto had = machine_of(log, fleet.machine(), fleet.now());
  std::string kinds;
  for (const store::Entry& row : store::rows_between(*had, *had, fleet.now())) {
    kinds += row.kind + ' ';
  }
  CHECK(kinds.empty());
}

TEST_CASE("epochs go on from the largest that a state has given, though no lease has it any more",
          "[store][rows]") {
  core::Machine machine{core::Limits{}};
  machine.saw_epoch(Epoch{41});
  MemoryStore log;
  append_all(log, store::rows_between(core::Machine{core::Limits{}}, machine, moment(0)));
  CHECK(machine_of(log, machine, moment(0))->leases().last_epoch() == Epoch{41});
}
