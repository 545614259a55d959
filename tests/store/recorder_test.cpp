// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/recorder.hpp"

#include "samples.hpp"
#include "store/event_codec.hpp"
#include "store/replay.hpp"
#include "store/sqlite_store.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;

TEST_CASE("epochs of claims that are not synced are reserved first, a thousand at a time",
          "[store][recorder]") {
  store::Recorder recorder("this boot");
  core::Lease lease = sample_lease();
  const auto reserved = [&](std::uint64_t epoch, core::Origin origin) {
    lease.epoch = Epoch{epoch};
    lease.origin = origin;
    const auto entry = recorder.reservation(core::LeaseGranted{lease}, moment(0));
    if (!entry) return std::uint64_t{0};
    CHECK(entry->kind == store::kind::epochs_reserved);
    CHECK(entry->durability == core::Durability::synced);
    CHECK(entry->table == store::Table::synapse_events);
    const auto block = store::decode_epoch_block(entry->payload);
    REQUIRE(block);
    CHECK(block->boot == "this boot");
    return block->until.value;
  };
  CHECK(reserved(1, core::Origin::request) == 0);
  CHECK(reserved(2, core::Origin::remote_hook) == 0);
  CHECK_FALSE(recorder.all_safe(moment(0)));
  CHECK(reserved(3, core::Origin::local_hook) == 1003);
  CHECK(reserved(1003, core::Origin::local_hook) == 0);
  CHECK(reserved(1004, core::Origin::local_hook) == 2004);
  const auto safe = recorder.all_safe(moment(0));
  REQUIRE(safe);
  CHECK(store::decode_epoch_block(safe->payload).value().until == Epoch{});
  CHECK_FALSE(recorder.all_safe(moment(0)));
  CHECK(reserved(1005, core::Origin::local_hook) == 2005);
}

TEST_CASE("renewing a lease does not write what the lease holds", "[store][recorder]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  core::Lease lease = sample_lease();
  lease.checkpoint.assign(1'000'000, 'c');
  store::Recorder recorder;
  const auto record = [&](const core::Event& event) {
    REQUIRE(log->append(std::vector{*recorder.entry(event, moment(0))}));
  };
  record(core::LeaseGranted{lease});
  const auto size = [&dir] {
    return std::filesystem::file_size(dir / "h.db") + std::filesystem::file_size(dir / "h.db-wal");
  };
  const auto before = size();
  for (int i = 0; i < 100; ++i) {
    lease.expires_at += 1;
    record(core::LeaseRenewed{lease});
  }
  CHECK(size() - before < 600'000);
  core::Machine machine{core::Limits{}};
  REQUIRE(store::replay(*log, machine, moment(0), {}));
  const core::Lease* found = machine.leases().find(lease.task_id);
  REQUIRE(found != nullptr);
  CHECK(found->expires_at == lease.expires_at);
  CHECK(found->checkpoint == lease.checkpoint);
}

TEST_CASE("an update of a lease with a large checkpoint does not write it again",
          "[store][recorder]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  core::Lease lease = sample_lease();
  store::Recorder recorder;
  const auto record = [&](const core::Event& event) {
    REQUIRE(log->append(std::vector{*recorder.entry(event, moment(0))}));
  };
  const auto state = [&log, &lease] {
    core::Machine machine{core::Limits{}};
    const auto report = store::replay(*log, machine, moment(0), {});
    REQUIRE(report);
    CHECK(report->undecodable == 0);
    const core::Lease* found = machine.leases().find(lease.task_id);
    REQUIRE(found != nullptr);
    return store::encode_whole(*found, 0).payload;
  };
  lease.checkpoint.assign(store::small_checkpoint_max, 'c');
  record(core::TaskUpdated{lease});
  CHECK(records_of(*log).back().kind == "task_update");
  lease.checkpoint.assign(1'000'000, 'c');
  record(core::CheckpointSaved{lease});
  CHECK_FALSE(recorder.due());
  for (const core::LeaseStatus status : {core::LeaseStatus::working, core::LeaseStatus::done}) {
    lease.version = lease.version.next();
    lease.status = status;
    lease.note = "now " + std::string(word(status));
    lease.data_ref += "x";
    record(core::TaskUpdated{lease});
    CHECK(records_of(*log).back().payload.size() < 500);
    CHECK(state() == store::encode_whole(lease, 0).payload);
  }
  lease.expires_at += 5;
  record(core::LeaseRenewed{lease});
  CHECK(state() == store::encode_whole(lease, 0).payload);
  core::LeaseTable leases{core::Limits{}};
  leases.put(lease);
  CHECK(recorder.take_changed(leases, 7).size() == 1);
  // Of another lease of the task it says nothing.
  core::Lease other = lease;
  other.epoch = other.epoch.next();
  record(core::LeaseGranted{other});
  record(core::TaskUpdated{lease});
  CHECK(state() == store::encode_whole(other, 0).payload);
}

TEST_CASE("a lease that was renewed is written whole once, unless something else wrote it",
          "[store][recorder]") {
  store::Recorder recorder;
  core::LeaseTable leases{core::Limits{}};
  core::Lease lease = sample_lease();
  leases.put(lease);
  CHECK_FALSE(recorder.due());
  static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(5)));
  CHECK(recorder.due() == moment(605).mono);
  static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(50)));
  CHECK(recorder.due() == moment(605).mono);
  const std::vector<store::Entry> whole = recorder.take_changed(leases, 7);
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].kind == "claim");
  CHECK(whole[0].ts == 7);
  CHECK(whole[0].payload == store::encode(core::LeaseGranted{lease}, 7)->payload);
  CHECK_FALSE(recorder.due());
  CHECK(recorder.take_changed(leases, 7).empty());
  for (const core::Event& event : std::vector<core::Event>{
           core::LeaseGranted{lease}, core::TaskUpdated{lease}, core::CheckpointSaved{lease},
           core::LeaseHandedOff{lease, AgentName("Z")},
           core::LeaseReleased{lease.task_id, lease.owner},
           core::LeaseExpired{lease.task_id, lease.owner, lease.epoch, ""}}) {
    INFO("event " << event.index());
    static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(0)));
    static_cast<void>(recorder.entry(event, moment(0)));
    CHECK(recorder.take_changed(leases, 7).empty());
  }
}

TEST_CASE("renewed leases are written whole in parts, and what is left is due at once",
          "[store][recorder]") {
  store::Recorder recorder;
  core::LeaseTable leases{core::Limits{}};
  for (const char* task : {"a", "b", "c"}) {
    core::Lease lease = sample_lease();
    lease.task_id = TaskId(task);
    leases.put(lease);
    static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(5)));
  }
  CHECK(recorder.take_changed(leases, 7, 1).size() == 1);
  CHECK(recorder.due() == moment(605).mono);
  CHECK(recorder.take_changed(leases, 7).size() == 2);
  CHECK_FALSE(recorder.due());
}
