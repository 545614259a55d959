// SPDX-License-Identifier: AGPL-3.0-or-later
// What a compaction takes out of a log, and that nothing is missed.
#include "store/compaction.hpp"

#include <random>

#include "fleet.hpp"
#include "rotten_log.hpp"
#include "samples.hpp"
#include "store/cursor_file.hpp"
#include "store/readers.hpp"
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

// Everything goes that no replay needs.
CompactionPolicy keep_nothing() {
  CompactionPolicy policy;
  policy.consumed = CompactionPolicy::Everything{};
  policy.keep_history = 0;
  policy.limits = tight_limits();
  return policy;
}

void append_event(store::EventStore& log, const core::Event& event) {
  REQUIRE(log.append(std::vector{*store::encode(event, 1)}));
}

core::CheckpointSaved checkpoint_of(const char* task, std::uint64_t epoch, const char* text) {
  core::Lease lease = sample_lease();
  lease.task_id = TaskId(task);
  lease.epoch = Epoch{epoch};
  lease.checkpoint = text;
  return {lease};
}

std::string replayed_state(const std::filesystem::path& file, base::Moment start) {
  core::Machine machine(tight_limits());
  const auto log = open_store(file);
  REQUIRE(store::replay(*log, machine, start, {}));
  static_cast<void>(Actors(machine).tick(start));
  std::string state = dump(machine);
  for (const auto& [agent, at] : machine.presence().last_seen()) {
    state += "seen " + agent.text + " " + std::to_string(at) + "\n";
  }
  return state;
}

std::vector<std::int64_t> numbers_in(const std::filesystem::path& file) {
  std::vector<std::int64_t> seqs;
  for (const StoredRecord& record : records_of(*open_store(file))) seqs.push_back(record.seq);
  return seqs;
}

using Numbers = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a log without what no replay needs comes to the same state, wherever it was cut short",
          "[store][compaction][random]") {
  const std::uint64_t seed = first_seed();
  std::mt19937_64 random(seed);
  std::uint64_t removed = 0;
  std::uint64_t cuts = 0;
  for (std::uint64_t round = 0; round < 30; ++round) {
    INFO("seed " << seed << " + " << round);
    const TempDir dir;
    base::Moment now = moment(0);
    MemoryStore gathered;
    if (round % 3 == 2) {
      REQUIRE(gathered.append(disorderly_log(seed + round, 300)));
    } else {
      Fleet fleet(seed + round, tight_limits(), {4, 3});
      for (int step = 0; step < 400; ++step) fleet.step(gathered);
      now = fleet.now();
    }
    REQUIRE(open_store(dir / "h.db")->append(gathered.entries()));
    const std::string before = replayed_state(dir / "h.db", now);
    CompactionPolicy policy = keep_nothing();
    if (random() % 2 == 0) policy.consumed = static_cast<std::int64_t>(random() % 400);
    if (random() % 3 == 0) policy.keep_history = static_cast<double>(random() % 2000);
    if (random() % 3 == 0) policy.checkpoints_per_task_max = 1 + random() % 2;
    if (random() % 3 == 0) policy.renewals = CompactionPolicy::Renewals::leave;
    policy.transaction_rows_max = 1 + random() % 40;
    for (bool is_whole = false; !is_whole;) {
      std::uint64_t left = random() % 5;
      is_whole = true;
      policy.go_on = [&](const store::CompactionProgress&) {
        if (left-- > 0) return true;
        is_whole = false;
        ++cuts;
        return false;
      };
      const auto result = compact(dir / "h.db", policy, now.wall);
      REQUIRE(result);
      removed += result->total();
      REQUIRE(replayed_state(dir / "h.db", now) == before);
      if (result->total() == 0) break;
    }
    policy.go_on = {};
    REQUIRE(compact(dir / "h.db", policy, now.wall));
    REQUIRE(replayed_state(dir / "h.db", now) == before);
    CHECK(compact(dir / "h.db", policy, now.wall)->total() == 0);
  }
  CHECK(removed > 1000);
  CHECK(cuts > 30);
}

TEST_CASE("a log is as small as what its hub keeps, and no count starts again",
          "[store][compaction]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  core::Limits limits;
  limits.history_max = 50;
  std::vector<store::Entry> entries;
  const auto add = [&entries](const core::Event& event) {
    entries.push_back(*store::encode(event, 1000));
  };
  core::Lease lasting = sample_lease();
  lasting.epoch = Epoch{1};
  add(core::LeaseGranted{lasting});
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    lasting.expires_at += 1;
    add(core::LeaseRenewed{lasting});
    add(core::ResourceOffered{{AgentName("A"), "gpu", "g", 1, {}, 1000.0 + double(i), {}}});
    add(core::ChatPosted{{MessageId{i}, AgentName("A"), "all", R"({"payload":"p"})", 1, "syn-1"}});
    core::Lease brief = sample_lease();
    brief.task_id = TaskId("brief " + std::to_string(i));
    brief.epoch = Epoch{i + 1};
    add(core::LeaseGranted{brief});
    add(core::AnswerRemembered{std::to_string(i), AgentName("A"), "claim", "d", "{}"});
    add(core::LeaseReleased{brief.task_id, brief.owner});
    add(core::AnswerRemembered{std::to_string(i), AgentName("A"), "release", "d", "{}"});
  }
  core::PlanTask step;
  step.task_id = TaskId("step");
  step.title = "of a plan that is over";
  add(core::PlanTaskDeclared{step});
  add(core::PlanTaskForgotten{step.task_id});
  REQUIRE(log->append(entries));
  const base::Moment now = moment(0);
  CompactionPolicy policy = keep_nothing();
  policy.limits = limits;
  policy.vacuum = CompactionPolicy::Vacuum::yes;
  const auto size = [&dir] { return store::log_size(dir / "h.db")->used; };
  const auto before = size();
  CompactionPolicy in_theory = policy;
  in_theory.deletes = CompactionPolicy::Deletes::in_theory;
  const auto promised = compact(dir / "h.db", in_theory, now.wall);
  REQUIRE(promised);
  CHECK(size() == before);
  const auto result = compact(dir / "h.db", policy, now.wall);
  REQUIRE(result);
  // One more: the lease as it was, now that it was written whole as it is.
  CHECK(result->total() == promised->total() + 1);
  CHECK(promised->bytes > 0);
  // The lease whole, 50 chats, 1,024 answers, the last claim with its release, and when its owner
  // was seen.
  const std::vector<StoredRecord> left = records_of(*log);
  CHECK(left.size() == 1 + 50 + 1024 + 2 + 1);
  CHECK(size() < before / 4);
  core::Machine machine(limits);
  REQUIRE(store::replay(*log, machine, now, {}));
  CHECK(machine.leases().last_epoch() == Epoch{1001});
  CHECK(machine.history().last_id() == MessageId{1000});
  CHECK(machine.leases().all().size() == 1);
  // The same to a reader that knows the original's table alone.
  CHECK(ask_sql(dir / "h.db", "SELECT COUNT(*) FROM synapse_events") == "1");
  CHECK(ask_sql(dir / "h.db", "SELECT MAX(json_extract(payload, '$.epoch')) FROM events") ==
        "1001");
}

TEST_CASE("events that are younger than the history that is kept stay", "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    for (const double ts : {100.0, 200.0, 300.0, 150.0, 9e9}) {
      core::Lease lease = sample_lease();
      lease.epoch = Epoch{static_cast<std::uint64_t>(ts)};
      REQUIRE(log->append(std::vector{*store::encode(core::TaskUpdated{lease}, ts)}));
    }
  }
  CompactionPolicy policy = keep_nothing();
  policy.keep_history = 150;
  REQUIRE(compact(dir / "h.db", policy, 400));
  CHECK(numbers_in(dir / "h.db") == Numbers{2, 3, 4, 5});
}

TEST_CASE("a registered reader is waited for, whatever else was said", "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    for (const char* text : {"c0", "c1", "c2", "c3"})
      append_event(*log, checkpoint_of("T", 7, text));
  }
  REQUIRE(store::save_cursor(*store::reader_cursor(dir / "h.db", "memory"), 2));
  REQUIRE(store::save_cursor(*store::reader_cursor(dir / "h.db", "quick"), 9));
  const auto held = compact(dir / "h.db", keep_nothing(), 1700000000);
  REQUIRE(held);
  CHECK(held->held_back_by == "memory");
  CHECK(held->floor_seq == 2);
  CHECK(numbers_in(dir / "h.db") == Numbers{2, 3, 4});
  REQUIRE(store::save_cursor(*store::reader_cursor(dir / "h.db", "memory"), 4));
  const auto free = compact(dir / "h.db", keep_nothing(), 1700000000);
  REQUIRE(free);
  CHECK_FALSE(free->held_back_by);
  CHECK(numbers_in(dir / "h.db") == Numbers{4});
  for (const char* wrong : {"", ".", "../x", "a/b", ".hidden"}) {
    CHECK(store::reader_cursor(dir / "h.db", wrong).error().code == ErrorCode::bad_argument);
  }
}

TEST_CASE("as many chats stay as a history of so many bytes holds", "[store][compaction]") {
  const TempDir dir;
  CompactionPolicy policy = keep_nothing();
  policy.limits = core::Limits();
  policy.limits.history_bytes_max = 1000;
  const std::string body = R"({"payload":")" + std::string(100, 'x') + "\"}";
  const auto log = open_store(dir / "h.db");
  for (std::uint64_t i = 1; i <= 20; ++i) {
    append_event(*log, core::ChatPosted{{MessageId{i}, AgentName("A"), "all", body, 1, "syn-1"}});
  }
  const auto remembered = [&] {
    core::Machine machine(policy.limits);
    REQUIRE(store::replay(*log, machine, moment(0), {}));
    return machine.history().messages().size();
  };
  const std::size_t before = remembered();
  CHECK(before == 1000 / body.size());
  const auto result = compact(dir / "h.db", policy, moment(0).wall);
  REQUIRE(result);
  CHECK(result->total() > 0);
  CHECK(remembered() == before);
}

TEST_CASE("as many checkpoints of lapsed claims stay as their hub keeps", "[store][compaction]") {
  const TempDir dir;
  CompactionPolicy policy = keep_nothing();
  policy.limits = core::Limits();
  policy.limits.checkpoints_kept_max = 2;
  const auto log = open_store(dir / "h.db");
  std::uint64_t epoch = 0;
  for (const char* task : {"a", "b", "c"}) {
    const core::CheckpointSaved saved = checkpoint_of(task, ++epoch, task);
    append_event(*log, saved);
    append_event(*log, core::LeaseExpired{saved.lease.task_id, saved.lease.owner, saved.lease.epoch,
                                          saved.lease.checkpoint});
  }
  REQUIRE(compact(dir / "h.db", policy, moment(0).wall));
  core::Machine machine(policy.limits);
  REQUIRE(store::replay(*log, machine, moment(0), {}));
  CHECK(machine.leases().kept_checkpoint(TaskId("a")) == nullptr);
  for (const char* task : {"b", "c"}) {
    CHECK(machine.leases().kept_checkpoint(TaskId(task)) != nullptr);
  }
}

TEST_CASE("a renewal of a lease that is over takes nothing from the one that came after it",
          "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    core::Lease lease = sample_lease();
    const core::Lease over = lease;
    lease.epoch = lease.epoch.next();
    append_event(*log, core::LeaseGranted{lease});
    lease.expires_at += 60;
    append_event(*log, core::LeaseRenewed{lease});
    append_event(*log, core::LeaseRenewed{over});
  }
  const std::string before = replayed_state(dir / "h.db", moment(0));
  CompactionPolicy policy = keep_nothing();
  policy.renewals = CompactionPolicy::Renewals::leave;
  const auto result = compact(dir / "h.db", policy, moment(0).wall);
  REQUIRE(result);
  CHECK(result->of(Sweepable::renewal) == 1);
  CHECK(replayed_state(dir / "h.db", moment(0)) == before);
}

TEST_CASE("what is kept of a claim that lapsed outlives a lease that no claim has made",
          "[store][compaction]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    const core::CheckpointSaved saved = checkpoint_of("T", 7, "kept");
    append_event(*log,
                 core::LeaseExpired{saved.lease.task_id, saved.lease.owner, Epoch{6}, "kept"});
    append_event(*log, saved);
    append_event(*log, core::LeaseRenewed{saved.lease});
  }
  const std::string before = replayed_state(dir / "h.db", moment(0));
  CHECK_THAT(before, Catch::Matchers::Contains("kept T"));
  REQUIRE(compact(dir / "h.db", keep_nothing(), moment(0).wall));
  CHECK(replayed_state(dir / "h.db", moment(0)) == before);
}
