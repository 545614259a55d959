// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/compaction.hpp"

#include <fstream>
#include <random>

#include "fleet.hpp"
#include "rotten_log.hpp"
#include "samples.hpp"
#include "store/committer.hpp"
#include "store/replay.hpp"
#include "store/sqlite_store.hpp"
#include "support/memory_store.hpp"
#include "support/result_text.hpp"
#include "support/seed.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using core::Durability;
using store::compact;
using store::CompactionPolicy;
using store::Sweepable;

namespace {

CompactionPolicy policy(std::optional<std::int64_t> floor,
                        std::optional<std::int64_t> checkpoints = {},
                        std::optional<double> grace = {}) {
  CompactionPolicy policy;
  if (floor) {
    policy.consumed = *floor;
  } else {
    policy.consumed = CompactionPolicy::Everything{};
  }
  policy.checkpoints_per_task_max = checkpoints;
  policy.finding_grace = grace;
  return policy;
}

void append(store::EventStore& log, const core::Event& event) {
  REQUIRE(log.append(std::vector{*store::encode(event, 1)}));
}

core::CheckpointSaved checkpoint(const char* task, std::uint64_t epoch, const char* text) {
  core::Lease lease = sample_lease();
  lease.task_id = TaskId(task);
  lease.epoch = Epoch{epoch};
  lease.checkpoint = text;
  return {lease};
}

core::FindingRecorded finding_until(std::optional<double> valid_to) {
  core::Finding finding = sample_finding();
  finding.validity->valid_to = valid_to;
  return {finding, "accept", {}};
}

std::string replayed(const std::filesystem::path& file, base::Moment start) {
  core::Machine machine(tight_limits());
  const auto log = open_store(file);
  REQUIRE(store::replay(*log, machine, start, {}));
  static_cast<void>(Actors(machine).tick(start));
  return dump(machine);
}

std::vector<std::int64_t> seqs_in(const std::filesystem::path& file) {
  std::vector<std::int64_t> seqs;
  for (const StoredRecord& record : records_of(*open_store(file))) seqs.push_back(record.seq);
  return seqs;
}

using Seqs = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("the newest checkpoints of each task stay, counted up to the floor",
          "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    append(*log, core::LeaseGranted{sample_lease()});
    for (const char* text : {"c0", "c1", "c2", "c3"}) append(*log, checkpoint("T", 7, text));
    append(*log, checkpoint("other", 8, "o"));
    append(*log, finding_until(2));
  }
  auto result = compact(dir / "h.db", policy(3, 1), 1700000000);
  REQUIRE(result);
  CHECK(result->floor_seq == 3);
  CHECK(result->of(Sweepable::checkpoint) == 1);
  CHECK(result->of(Sweepable::finding) == 0);
  CHECK(seqs_in(dir / "h.db") == Seqs{1, 3, 4, 5, 6, 7});

  CompactionPolicy all = policy({}, 2, 10);
  all.vacuum = CompactionPolicy::Vacuum::yes;
  result = compact(dir / "h.db", all, 1700000000);
  REQUIRE(result);
  CHECK(result->floor_seq == 7);
  CHECK(result->of(Sweepable::checkpoint) == 1);
  CHECK(result->of(Sweepable::finding) == 1);
  CHECK(seqs_in(dir / "h.db") == Seqs{1, 4, 5, 6});

  result = compact(dir / "h.db", all, 1700000000);
  REQUIRE(result);
  CHECK(result->total() == 0);
}

TEST_CASE("a finding goes when its validity ended longer ago than the grace",
          "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    append(*log, finding_until(1000.0));
    append(*log, finding_until(std::nullopt));
    append(*log, finding_until(900.0));
    append(*log, finding_until(899.0));
  }
  REQUIRE(compact(dir / "h.db", policy(3, {}, 100.0), 1000));
  CHECK(seqs_in(dir / "h.db") == Seqs{1, 2, 3, 4});
  REQUIRE(compact(dir / "h.db", policy({}, {}, 100.0), 1000));
  CHECK(seqs_in(dir / "h.db") == Seqs{1, 2, 3});
  REQUIRE(compact(dir / "h.db", policy({}, {}, 0.0), 1001));
  CHECK(seqs_in(dir / "h.db") == Seqs{2});
}

TEST_CASE("findings older than the history that is kept go past a bound, the oldest first",
          "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    for (int i = 0; i < 6; ++i) append(*log, finding_until(std::nullopt));
  }
  const std::size_t bytes = store::encode(finding_until(std::nullopt), 1)->payload.size();
  CompactionPolicy bounded = policy({});
  bounded.keep_history = 10'000.0;  // They all are younger.
  bounded.old_finding_bytes_max = 2 * bytes;
  REQUIRE(compact(dir / "h.db", bounded, 1000));
  CHECK(seqs_in(dir / "h.db") == Seqs{1, 2, 3, 4, 5, 6});
  bounded.keep_history = 10.0;
  REQUIRE(compact(dir / "h.db", bounded, 1000)->of(Sweepable::finding) == 4);
  CHECK(seqs_in(dir / "h.db") == Seqs{5, 6});
  // Without the bound, which nobody but a hub sets, none goes.
  bounded.old_finding_bytes_max.reset();
  bounded.keep_history = 0.0;
  REQUIRE(compact(dir / "h.db", bounded, 1000));
  CHECK(seqs_in(dir / "h.db") == Seqs{5, 6});
}

TEST_CASE("a compacted log has each renewed lease whole, and no renewals",
          "[store][compaction][own]") {
  const TempDir dir;
  core::Lease lease = sample_lease();
  {
    const auto log = open_store(dir / "h.db");
    append(*log, core::LeaseGranted{lease});
    lease.expires_at += 60;
    append(*log, core::LeaseRenewed{lease});
    core::Lease released = lease;
    released.task_id = TaskId("released");
    append(*log, core::LeaseGranted{released});
    append(*log, core::LeaseRenewed{released});
    append(*log, core::LeaseReleased{released.task_id, released.owner});
  }
  const std::string before = replayed(dir / "h.db", moment(0));
  const auto result = compact(dir / "h.db", policy({}, 1), 1700000000);
  REQUIRE(result);
  CHECK(result->of(Sweepable::renewal) == 2);
  CHECK(replayed(dir / "h.db", moment(0)) == before);
  const std::vector<StoredRecord> records = records_of(*open_store(dir / "h.db"));
  REQUIRE(records.size() == 4);
  CHECK(records.back().kind == "claim");
  CHECK(records.back().payload == store::encode(core::LeaseGranted{lease}, 1)->payload);
  const auto again = compact(dir / "h.db", policy({}, 1), 1700000000);
  REQUIRE(again);
  CHECK(again->of(Sweepable::renewal) == 0);
  CHECK(records_of(*open_store(dir / "h.db")).size() == 4);
}

TEST_CASE("a lease that was handed off and renewed is written whole, as its new owner's",
          "[store][compaction][own]") {
  const TempDir dir;
  core::Lease lease = sample_lease();
  {
    const auto log = open_store(dir / "h.db");
    append(*log, core::LeaseGranted{lease});
    const AgentName giver = std::exchange(lease.owner, AgentName("heir"));
    lease.epoch = lease.epoch.next();
    append(*log, core::LeaseHandedOff{lease, giver});
    lease.expires_at += 60;
    append(*log, core::LeaseRenewed{lease});
  }
  const std::string before = replayed(dir / "h.db", moment(0));
  REQUIRE(compact(dir / "h.db", policy({}, 1), 1700000000));
  CHECK(replayed(dir / "h.db", moment(0)) == before);
  CHECK(records_of(*open_store(dir / "h.db")).back().payload ==
        store::encode(core::LeaseGranted{lease}, 1)->payload);
}

TEST_CASE("renewals above the floor stay", "[store][compaction][own]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    core::Lease lease = sample_lease();
    append(*log, core::LeaseGranted{lease});
    append(*log, core::LeaseRenewed{lease});
    append(*log, core::TaskUpdated{lease});
    lease.expires_at += 60;
    append(*log, core::LeaseRenewed{lease});
  }
  const std::string before = replayed(dir / "h.db", moment(0));
  const auto result = compact(dir / "h.db", policy(1, 1), 1700000000);
  REQUIRE(result);
  CHECK(result->of(Sweepable::renewal) == 1);
  CHECK(replayed(dir / "h.db", moment(0)) == before);
}

TEST_CASE("a number that was given is never given again", "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    append(*log, finding_until(1.0));
    append(*log, finding_until(1.0));
  }
  CompactionPolicy all = policy({}, {}, 0.0);
  all.vacuum = CompactionPolicy::Vacuum::yes;
  REQUIRE(compact(dir / "h.db", all, 1000)->of(Sweepable::finding) == 2);
  const auto log = open_store(dir / "h.db");
  append(*log, finding_until(1.0));
  CHECK(records_of(*log).back().seq == 3);
}

TEST_CASE("a policy that says too little, or too much, is refused", "[store][compaction]") {
  const auto refusal = [](const CompactionPolicy& policy) {
    const Result<> sound = store::check(policy);
    REQUIRE_FALSE(sound);
    CHECK(sound.error().code == ErrorCode::bad_argument);
    return sound.error().message;
  };
  CHECK_THAT(refusal(policy({})), Catch::Contains("what may go"));
  CompactionPolicy nobody = policy({}, 2);
  nobody.consumed = CompactionPolicy::Nobody{};
  CHECK_THAT(refusal(nobody), Catch::Contains("--floor-seq N"));
  CHECK_THAT(refusal(policy({}, 0)), Catch::Contains("at least 1"));
  CHECK_THAT(refusal(policy(5, {}, -0.5)), Catch::Contains("not be negative"));
  CHECK_THAT(refusal(policy(5, {}, std::nan(""))), Catch::Contains("not be negative"));
  CHECK(store::check(policy(0, 1)));
  CHECK(store::check(policy({}, {}, 0.0)));
  // Before the file is even looked for.
  CHECK(compact("/nowhere/h.db", policy({}), 0).error().code == ErrorCode::bad_argument);
}

TEST_CASE("a log that is not there, or is none, is not compacted", "[store][compaction]") {
  const TempDir dir;
  const auto missing = compact(dir / "h.db", policy({}, 1), 0);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ErrorCode::not_found);
  CHECK_FALSE(std::filesystem::exists(dir / "h.db"));
  run_sql(dir / "other.db", "CREATE TABLE t (x)");
  CHECK(compact(dir / "other.db", policy({}, 1), 0).error().code == ErrorCode::corrupt);
}

TEST_CASE("rows that can't be decoded stay, and keep no checkpoint alive or dead",
          "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    append(*log, checkpoint("T", 7, "good"));
    REQUIRE(log->append(std::vector{entry("checkpoint", R"({"task_id":"T","owner":"A"})"),
                                    entry("finding", R"({"validity":{"valid_to":1}})")}));
  }
  const auto result = compact(dir / "h.db", policy({}, 1, 0.0), 1000);
  REQUIRE(result);
  CHECK(result->total() == 0);
  CHECK(seqs_in(dir / "h.db") == Seqs{1, 2, 3});
}

TEST_CASE("a checkpoint with the largest epoch stays, or the counter would go back",
          "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    append(*log, checkpoint("T", 90, "odd"));
    append(*log, checkpoint("T", 8, "older"));
    append(*log, checkpoint("T", 8, "newest"));
  }
  const std::string before = replayed(dir / "h.db", moment(0));
  REQUIRE(compact(dir / "h.db", policy({}, 1), 0)->of(Sweepable::checkpoint) == 1);
  CHECK(replayed(dir / "h.db", moment(0)) == before);
}

TEST_CASE("replay comes to the same state after compaction as before it",
          "[store][compaction][random]") {
  const std::uint64_t seed = first_seed();
  std::mt19937_64 random(seed);
  std::uint64_t removed = 0;
  for (std::uint64_t round = 0; round < 12; ++round) {
    INFO("seed " << seed << " + " << round);
    const TempDir dir;
    base::Moment now;
    {
      MemoryStore gathered;
      if (round % 3 == 2) {
        REQUIRE(gathered.append(disorderly_log(seed + round, 300)));
      } else {
        Fleet fleet(seed + round, tight_limits(), {4, 3});
        for (int step = 0; step < 500; ++step) fleet.step(gathered);
        now = fleet.now();
      }
      REQUIRE(open_store(dir / "h.db")->append(gathered.entries()));
    }
    const std::string before = replayed(dir / "h.db", now);
    for (int sweep = 0; sweep < 3; ++sweep) {
      const auto floor = static_cast<std::int64_t>(random() % 500);
      const auto keep = static_cast<std::int64_t>(1 + random() % 3);
      const auto result = compact(dir / "h.db", policy(floor, keep, 0.0), now.wall + 100);
      REQUIRE(result);
      removed += result->of(Sweepable::checkpoint);
      REQUIRE(replayed(dir / "h.db", now) == before);
    }
  }
  CHECK(removed > 20);
}

TEST_CASE("compaction works beside a hub that writes", "[store][compaction]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  std::vector<store::Entry> checkpoints;
  for (int i = 0; i < 3500; ++i) {
    checkpoints.push_back(*store::encode(checkpoint("T", 7, std::to_string(i).c_str()), 1));
  }
  REQUIRE(log->append(checkpoints));
  std::optional<Error> failure;
  {
    store::Committer hub(*log, [&failure](std::uint64_t, const std::optional<Error>& error) {
      if (error) failure = error;
    });
    for (std::uint64_t turn = 1; turn <= 200; ++turn) {
      hub.submit(turn, numbered(0, 1, Durability::written));
    }
    CompactionPolicy all = policy(3500, 1);
    all.vacuum = CompactionPolicy::Vacuum::yes;
    const auto result = compact(dir / "h.db", all, 0);
    REQUIRE(result);
    CHECK(result->of(Sweepable::checkpoint) == 3499);
  }
  CHECK_FALSE(failure);
  CHECK(records_of(*log).size() == 201);
}

TEST_CASE("vacuum makes the file smaller", "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    for (int i = 0; i < 500; ++i) append(*log, checkpoint("T", 7, std::string(1000, 'x').c_str()));
    REQUIRE(log->close());
  }
  const auto before = std::filesystem::file_size(dir / "h.db");
  CompactionPolicy all = policy({}, 1);
  REQUIRE(compact(dir / "h.db", all, 0));
  CHECK(std::filesystem::file_size(dir / "h.db") == before);
  all.vacuum = CompactionPolicy::Vacuum::yes;
  REQUIRE(compact(dir / "h.db", all, 0));
  CHECK(std::filesystem::file_size(dir / "h.db") < before / 10);
}
