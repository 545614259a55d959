// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/faulty_store.hpp"

#include "samples.hpp"
#include "support/result_text.hpp"

using namespace synapse;
using namespace synapse::test;
using core::Durability;

namespace {

const Error broken{ErrorCode::io_error, "broken"};

}  // namespace

TEST_CASE("the store in memory numbers from 1, and the rows of our own by what is before them",
          "[store][memory]") {
  MemoryStore log;
  std::vector<store::Entry> entries = numbered(1, 4, Durability::written);
  entries[0].table = entries[2].table = store::Table::synapse_events;
  REQUIRE(log.append(entries));
  std::vector<std::int64_t> seqs;
  for (const StoredRecord& record : records_of(log)) seqs.push_back(record.seq);
  CHECK(seqs == std::vector<std::int64_t>{0, 1, 1, 2});
  CHECK(log.entries().front().payload == R"({"n":1})");
}

TEST_CASE("a power cut drops what was only written, a crash does not", "[store][faulty]") {
  MemoryStore disk;
  FaultyStore log(disk);
  REQUIRE(log.append(numbered(1, 1, Durability::synced)));
  REQUIRE(log.append(numbered(2, 2, Durability::written)));
  CHECK(records_of(log).back().seq == 3);
  SECTION("crash") {
    log.crash();
    CHECK(payloads_of(log).size() == 3);
    log.power_cut();  // The start has synced it.
    CHECK(payloads_of(log).size() == 3);
  }
  SECTION("power cut") {
    log.power_cut();
    CHECK(payloads_of(log).size() == 1);
    REQUIRE(log.append(numbered(2, 1, Durability::synced)));
    CHECK(records_of(log).back().seq == 2);
  }
  SECTION("power cut after a synced append, which takes all before it along") {
    REQUIRE(log.append(numbered(4, 1, Durability::synced)));
    log.power_cut();
    CHECK(payloads_of(log).size() == 4);
  }
}

TEST_CASE("the append that is told to fail does, whole, and all after it", "[store][faulty]") {
  MemoryStore disk;
  FaultyStore log(disk);
  log.fail_append(2, broken);
  REQUIRE(log.append(numbered(1, 1, Durability::synced)));
  const Result<> refused = log.append(numbered(2, 2, Durability::synced));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "broken");
  CHECK_FALSE(log.append(numbered(2, 1, Durability::written)));
  CHECK(payloads_of(log).size() == 1);
  log.crash();
  CHECK(log.append(numbered(2, 1, Durability::synced)));
  CHECK(payloads_of(log).size() == 2);
}

TEST_CASE("a failed append may be found whole at the next start, not before", "[store][faulty]") {
  MemoryStore disk;
  FaultyStore log(disk);
  REQUIRE(log.append(numbered(1, 1, Durability::written)));
  log.fail_append(1, broken, FaultyStore::Leaves::everything);
  const auto durability = GENERATE(Durability::written, Durability::synced);
  REQUIRE_FALSE(log.append(numbered(2, 2, durability)));
  CHECK(payloads_of(log).size() == 1);
  SECTION("a crash keeps it") {
    log.crash();
    CHECK(payloads_of(log).size() == 3);
    log.power_cut();  // The start has synced it.
    CHECK(payloads_of(log).size() == 3);
  }
  SECTION("a power cut keeps it if it was synced, and then what was before it") {
    log.power_cut();
    CHECK(payloads_of(log).size() == (durability == Durability::synced ? 3 : 0));
  }
}

TEST_CASE("a read that is told to fail does so once, in its middle", "[store][faulty]") {
  MemoryStore disk;
  FaultyStore log(disk);
  REQUIRE(log.append(numbered(1, 2, Durability::synced)));
  REQUIRE(log.append(numbered(3, 2, Durability::written)));
  log.fail_read(3, broken);
  std::size_t seen = 0;
  const auto count = [&seen](const store::RecordView&) {
    ++seen;
    return true;
  };
  const Result<> failed = log.read(count);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().message == "broken");
  CHECK(seen == 3);
  CHECK(log.read(count));
  CHECK(seen == 7);
}
