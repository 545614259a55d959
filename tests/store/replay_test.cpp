// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/replay.hpp"

#include <random>

#include "fleet.hpp"
#include "rotten_log.hpp"
#include "samples.hpp"
#include "store/event_codec.hpp"
#include "store/lease_mending.hpp"
#include "store/sqlite_store.hpp"
#include "support/faulty_store.hpp"
#include "support/result_text.hpp"
#include "support/seed.hpp"
#include "support/temp_dir.hpp"
#include "wire/record_writer.hpp"

using namespace synapse;
using namespace synapse::test;
using store::replay;
using store::ReplayReport;

namespace {

ReplayReport replayed(store::EventStore& log, core::Machine& machine, base::Moment start) {
  const auto report = replay(log, machine, start, [](std::int64_t seq, const Error& why) {
    FAIL("record " << seq << " was not decoded: " << why.message);
  });
  REQUIRE(report);
  CHECK(report->records == report->applied);
  return *report;
}

// Record by record, as the machine itself would do it.
void apply_one_by_one(const std::vector<store::Entry>& entries, core::Machine& machine,
                      base::Moment start) {
  for (const store::Entry& entry : entries) {
    if (entry.kind == store::kind::lease_renewed) {
      const auto renewal = store::decode_renewal(entry.payload, {start, machine.limits()});
      REQUIRE(renewal);
      const core::Lease* known = machine.leases().find(renewal->task_id);
      if (known == nullptr || known->epoch != renewal->epoch) continue;
      core::Lease lease = *known;
      lease.expires_at = renewal->expires_at;
      lease.deadline = renewal->deadline;
      machine.replay(core::LeaseRenewed{lease});
      continue;
    }
    const auto event = store::decode(entry.kind, entry.payload, {start, machine.limits()});
    REQUIRE(event);
    REQUIRE(*event);
    machine.replay(**event);
  }
  static_cast<void>(store::mend_leases(machine, start));
}

std::vector<store::Entry> chats(const std::vector<std::uint64_t>& ids, std::size_t bytes = 3) {
  std::vector<store::Entry> entries;
  for (const std::uint64_t id : ids) {
    entries.push_back(entry("chat", R"({"payload":")" + std::string(bytes, 'x') +
                                        R"(","sender":"A","msg_id":)" + std::to_string(id) + "}"));
  }
  return entries;
}

}  // namespace

namespace {

std::vector<std::string> lapses_of(const core::Machine& machine) {
  std::vector<std::string> lapses;
  for (const core::Lapse& lapse : machine.leases().lapses().in_order()) {
    wire::JsonWriter json;
    wire::write(json, lapse);
    lapses.push_back(json.take());
  }
  return lapses;
}

}  // namespace

TEST_CASE("the state after a restart is the state before it", "[store][replay][random]") {
  const std::uint64_t seed = first_seed();
  for (std::uint64_t round = 0; round < 60; ++round) {
    INFO("seed " << seed << " + " << round);
    MemoryStore log;
    Fleet fleet(seed + round, round % 2 == 0 ? tight_limits() : core::Limits{});
    for (int step = 0; step < 250; ++step) {
      fleet.step(log);
      if (step % 50 != 49) continue;
      core::Machine restarted(fleet.machine().limits(), "syn-00000002");
      replayed(log, restarted, fleet.now());
      static_cast<void>(Actors(restarted).tick(fleet.now()));
      REQUIRE(dump(restarted) == dump(fleet.machine()));
      REQUIRE(lapses_of(restarted) == lapses_of(fleet.machine()));
    }
  }
}

TEST_CASE("replay does what applying record by record does, in whatever order they come",
          "[store][replay][random]") {
  const std::uint64_t seed = first_seed();
  for (std::uint64_t round = 0; round < 300; ++round) {
    INFO("seed " << seed << " + " << round);
    const std::vector<store::Entry> entries = disorderly_log(seed + round, 5 + round % 60);
    MemoryStore log;
    REQUIRE(log.append(entries));
    core::Machine slow(tight_limits());
    apply_one_by_one(entries, slow, moment(0));
    core::Machine fast(tight_limits());
    replayed(log, fast, moment(0));
    REQUIRE(dump(fast) == dump(slow));
    // In which order checkpoints were kept shows when there are more.
    for (int i = 0; i < 4; ++i) {
      const core::LeaseExpired lapse{TaskId("new" + std::to_string(i)), AgentName("A"), {}, "c"};
      fast.replay(lapse);
      slow.replay(lapse);
      REQUIRE(dump(fast) == dump(slow));
    }
  }
}

TEST_CASE("the epoch counter goes on from the largest, though its lease was released",
          "[store][replay]") {
  MemoryStore log;
  core::Lease lease = sample_lease();
  const auto log_event = [&log](const core::Event& event) {
    REQUIRE(log.append(std::vector{*store::encode(event, 1)}));
  };
  for (const std::uint64_t epoch : {3U, 9U, 5U}) {
    lease.epoch = Epoch{epoch};
    log_event(core::LeaseGranted{lease});
    log_event(core::LeaseReleased{lease.task_id, lease.owner});
  }
  core::Machine machine{core::Limits{}};
  replayed(log, machine, moment(0));
  CHECK(machine.leases().last_epoch().value == 9);
  CHECK(machine.leases().all().empty());
}

TEST_CASE("a renewal holds for the lease of its epoch, and for no other", "[store][replay]") {
  MemoryStore log;
  core::Lease lease = sample_lease();
  const auto log_event = [&log](const core::Event& event) {
    REQUIRE(log.append(std::vector{*store::encode(event, 1)}));
  };
  const auto end_of = [&log](const char* task) {
    core::Machine machine{core::Limits{}};
    replayed(log, machine, moment(0));
    const core::Lease* found = machine.leases().find(TaskId(task));
    return found == nullptr ? 0 : found->expires_at;
  };
  log_event(core::LeaseGranted{lease});
  lease.expires_at += 60;
  log_event(core::LeaseRenewed{lease});
  CHECK(end_of("T1") == lease.expires_at);
  core::Lease other = lease;
  other.expires_at += 60;
  other.epoch = Epoch{lease.epoch.value + 1};
  log_event(core::LeaseRenewed{other});
  CHECK(end_of("T1") == lease.expires_at);
  log_event(core::LeaseReleased{lease.task_id, lease.owner});
  log_event(core::LeaseRenewed{lease});
  CHECK(end_of("T1") == 0);
}

TEST_CASE("a hook's claim grows in replay if it lives with that owner and epoch, and not otherwise",
          "[store][replay]") {
  MemoryStore log;
  core::Lease lease = sample_lease();
  lease.paths = {"a"};
  lease.origin = core::Origin::local_hook;
  lease.party = "sub-1";
  const auto log_event = [&log](const core::Event& event) {
    REQUIRE(log.append(std::vector{*store::encode(event, 1)}));
  };
  const auto now = [&log] {
    core::Machine machine{core::Limits{}};
    replayed(log, machine, moment(0));
    const core::Lease* found = machine.leases().find(TaskId("T1"));
    return found == nullptr ? core::Lease{} : *found;
  };
  log_event(core::LeaseGranted{lease});
  lease.paths = {"a", "b"};
  lease.expires_at += 60;
  log_event(core::LeaseExtended{lease, {"b"}});
  CHECK(now().paths == std::vector<std::string>{"a", "b"});
  CHECK(now().expires_at == lease.expires_at);
  const base::Moment start = moment(0);
  CHECK(now().deadline == start.mono + base::from_seconds(lease.expires_at - start.wall));
  CHECK(now().origin == core::Origin::local_hook);
  CHECK(now().party == "sub-1");
  core::Lease other = lease;
  other.epoch = Epoch{lease.epoch.value + 1};
  log_event(core::LeaseExtended{other, {"c"}});
  other = lease;
  other.owner = AgentName("somebody else");
  log_event(core::LeaseExtended{other, {"c"}});
  CHECK(now().paths == std::vector<std::string>{"a", "b"});
  lease.paths = {"b"};
  log_event(core::LeaseNarrowed{lease, {"a"}});
  CHECK(now().paths == std::vector<std::string>{"b"});
  log_event(core::LeaseReleased{lease.task_id, lease.owner});
  log_event(core::LeaseExtended{lease, {"c"}});
  CHECK(now().task_id.empty());
}

TEST_CASE("replay tells the last block of epochs that was reserved", "[store][replay]") {
  MemoryStore log;
  core::Machine none{core::Limits{}};
  CHECK_FALSE(replayed(log, none, moment(0)).reserved);
  REQUIRE(log.append(std::vector{store::encode(store::EpochBlock{Epoch{1000}, "a"}, 1),
                                 store::encode(store::EpochBlock{Epoch{2000}, "b"}, 1)}));
  core::Machine machine{core::Limits{}};
  const auto report = replayed(log, machine, moment(0));
  REQUIRE(report.reserved);
  CHECK(report.reserved->until == Epoch{2000});
  CHECK(report.reserved->boot == "b");
  // Which boot this is, replay does not know.
  CHECK(machine.leases().last_epoch() == Epoch{});
}

TEST_CASE("a claim that an agent made itself is logged whole when it grows", "[store][codec]") {
  const auto entry = store::encode(core::LeaseExtended{sample_lease(), {"b"}}, 1);
  REQUIRE(entry);
  CHECK(entry->kind == store::kind::claim);
  CHECK(entry->table == store::Table::events);
  core::Lease hooked = sample_lease();
  hooked.origin = core::Origin::remote_hook;
  const auto growth = store::encode(core::LeaseExtended{hooked, {"b"}}, 1);
  REQUIRE(growth);
  CHECK(growth->kind == store::kind::lease_extended);
  CHECK(growth->table == store::Table::synapse_events);
}

TEST_CASE("replay names the leases whose last record is a renewal", "[store][replay]") {
  MemoryStore log;
  core::Lease lease = sample_lease();
  const auto log_event = [&log](const core::Event& event) {
    REQUIRE(log.append(std::vector{*store::encode(event, 1)}));
  };
  for (const char* task : {"renewed", "then changed", "then released", "then lapsed", "never"}) {
    lease.task_id = TaskId(task);
    ++lease.epoch.value;
    log_event(core::LeaseGranted{lease});
    const std::string_view name(task);
    if (name != "never") log_event(core::LeaseRenewed{lease});
    if (name == "then changed") log_event(core::TaskUpdated{lease});
    if (name == "then released") log_event(core::LeaseReleased{lease.task_id, lease.owner});
    if (name == "then lapsed") {
      log_event(core::LeaseExpired{lease.task_id, lease.owner, lease.epoch, "c"});
    }
  }
  core::Machine machine{core::Limits{}};
  CHECK(replayed(log, machine, moment(0)).changed == std::vector{TaskId("renewed")});
}

TEST_CASE("a claim whose time is up leaves its checkpoint to its heir", "[store][replay]") {
  MemoryStore log;
  REQUIRE(log.append(std::vector{*store::encode(core::LeaseGranted{sample_lease()}, 1)}));
  core::Machine machine{core::Limits{}};
  const base::Moment late = moment(4000);
  replayed(log, machine, late);
  CHECK(machine.leases().all().size() == 1);
  const std::vector<core::Event> events = Actors(machine).tick(late).events;
  REQUIRE(events.size() == 1);
  CHECK(machine.leases().all().empty());
  REQUIRE(machine.leases().kept_checkpoint(TaskId("T1")) != nullptr);
  CHECK(*machine.leases().kept_checkpoint(TaskId("T1")) == "half way");
}

TEST_CASE("history is the newest chat, and numbers go on from the largest", "[store][replay]") {
  core::Limits limits;
  limits.history_max = GENERATE(0U, 1U, 3U);
  const std::vector<std::uint64_t> ids = {1, 2, 90, 4, 5, 6, 7};
  MemoryStore log;
  REQUIRE(log.append(chats(ids)));
  core::Machine machine(limits);
  replayed(log, machine, moment(0));
  CHECK(machine.history().last_id().value == 90);
  REQUIRE(machine.history().messages().size() == limits.history_max);
  if (limits.history_max > 0) CHECK(machine.history().messages().back().id.value == 7);
}

TEST_CASE("large chat is not held in a larger form than the history's own", "[store][replay]") {
  core::Limits limits;
  limits.history_bytes_max = 1000;
  MemoryStore log;
  REQUIRE(log.append(chats({1, 2, 3, 4, 5, 6, 7, 8, 9}, 300)));
  REQUIRE(log.append(chats({10}, 2000)));
  REQUIRE(log.append(chats({11, 12, 13, 14}, 300)));
  core::Machine slow(limits);
  apply_one_by_one(log.entries(), slow, moment(0));
  core::Machine fast(limits);
  replayed(log, fast, moment(0));
  CHECK(dump(fast) == dump(slow));
  CHECK(fast.history().messages().size() == 3);
}

TEST_CASE("no row, however wrong, stops a replay: each is counted, and told with its number",
          "[store][replay]") {
  const TempDir dir;
  std::string sql = log_table_sql();
  for (const std::string& row : undecodable_rows()) sql += row;
  for (const std::string& row : unknown_rows()) sql += row;
  sql += "INSERT INTO events (ts, kind, payload) VALUES (1, 'release', '{\"task_id\":\"T\"}');";
  run_sql(dir / "h.db", sql);
  auto log = store::SqliteStore::open(dir / "h.db");
  REQUIRE(log);
  core::Machine machine{core::Limits{}};
  std::vector<std::int64_t> told;
  const auto report =
      replay(**log, machine, moment(0), [&told](std::int64_t seq, const Error& why) {
        CHECK_FALSE(why.message.empty());
        told.push_back(seq);
      });
  REQUIRE(report);
  CHECK(report->undecodable == undecodable_rows().size());
  CHECK(report->unknown == unknown_rows().size());
  CHECK(report->applied == 1);
  CHECK(report->records == report->undecodable + report->unknown + 1);
  CHECK(report->last_seq == static_cast<std::int64_t>(report->records - 2));
  CHECK(told.size() == report->undecodable);
  CHECK(told.front() == -5);
  CHECK(std::is_sorted(told.begin(), told.end()));
  CHECK(dump(machine) == dump(core::Machine{core::Limits{}}));
  // And the log goes on.
  CHECK((*log)->append(numbered(1, 1, core::Durability::synced)));
}

TEST_CASE("an undecodable record says which kind it was meant to be", "[store][replay]") {
  MemoryStore log;
  REQUIRE(log.append(std::vector{entry("claim", R"({"epoch":-1})"), entry("chat", "[]")}));
  core::Machine machine{core::Limits{}};
  std::vector<std::string> told;
  REQUIRE(replay(log, machine, moment(0), [&told](std::int64_t seq, const Error& why) {
    told.push_back(std::to_string(seq) + " " + why.message);
  }));
  CHECK(told == std::vector<std::string>{"1 claim: epoch: a number out of range (at byte 11)",
                                         "2 chat: not an object (at byte 0)"});
}

TEST_CASE("an empty log replays to nothing", "[store][replay]") {
  MemoryStore log;
  core::Machine machine{core::Limits{}};
  const ReplayReport report = replayed(log, machine, moment(0));
  CHECK(report.records == 0);
  CHECK(report.last_seq == 0);
}

TEST_CASE("a store that can't be read fails the replay", "[store][replay]") {
  MemoryStore disk;
  FaultyStore log(disk);
  REQUIRE(log.append(chats({1, 2, 3})));
  log.fail_read(2, {ErrorCode::corrupt, "torn page"});
  core::Machine machine{core::Limits{}};
  const auto report = replay(log, machine, moment(0), {});
  REQUIRE_FALSE(report);
  CHECK(report.error().message == "torn page");
}

TEST_CASE("a record larger than any that a hub writes is skipped unread", "[store][replay]") {
  core::Limits limits;
  limits.record_bytes_max = 1000;
  MemoryStore log;
  REQUIRE(log.append(chats({1}, 2000)));
  REQUIRE(log.append(chats({2}, 10)));
  core::Machine machine(limits);
  std::vector<std::string> told;
  const auto report = replay(log, machine, moment(0), [&told](std::int64_t, const Error& why) {
    told.push_back(why.message);
  });
  REQUIRE(report);
  CHECK(machine.history().messages().size() == 1);
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Catch::StartsWith("chat: it has 20"));
}

TEST_CASE("a replay that is no longer wanted ends at once", "[store][replay]") {
  MemoryStore log;
  REQUIRE(log.append(chats({1, 2, 3})));
  core::Machine machine{core::Limits{}};
  const std::atomic<bool> is_unwanted{true};
  const auto report = replay(log, machine, moment(0), {{}, is_unwanted});
  REQUIRE_FALSE(report);
  CHECK(report.error().code == ErrorCode::closed);
  CHECK(machine.history().messages().empty());
}
