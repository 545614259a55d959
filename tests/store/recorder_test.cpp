// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/recorder.hpp"

#include "samples.hpp"
#include "store/event_codec.hpp"
#include "support/catch.hpp"

using namespace synapse;
using namespace synapse::test;

TEST_CASE("a lease that was renewed is written whole once, unless something else wrote it",
          "[store][own]") {
  store::Recorder recorder;
  core::LeaseTable leases{core::Limits{}};
  core::Lease lease = sample_lease();
  leases.put(lease);
  CHECK_FALSE(recorder.due());
  static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(5)));
  CHECK(recorder.due() == moment(605).mono);
  static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(50)));
  CHECK(recorder.due() == moment(605).mono);
  const std::vector<store::Entry> whole = recorder.take_renewed(leases, 7);
  REQUIRE(whole.size() == 1);
  CHECK(whole[0].kind == "claim");
  CHECK(whole[0].ts == 7);
  CHECK(whole[0].payload == store::encode(core::LeaseGranted{lease}, 7)->payload);
  CHECK_FALSE(recorder.due());
  CHECK(recorder.take_renewed(leases, 7).empty());
  for (const core::Event& event : std::vector<core::Event>{
           core::LeaseGranted{lease}, core::TaskUpdated{lease}, core::CheckpointSaved{lease},
           core::LeaseHandedOff{lease, AgentName("Z")},
           core::LeaseReleased{lease.task_id, lease.owner},
           core::LeaseExpired{lease.task_id, lease.owner, lease.epoch, ""}}) {
    INFO("event " << event.index());
    static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(0)));
    static_cast<void>(recorder.entry(event, moment(0)));
    CHECK(recorder.take_renewed(leases, 7).empty());
  }
}

TEST_CASE("renewed leases are written whole in parts, and what is left is due at once",
          "[store][own]") {
  store::Recorder recorder;
  core::LeaseTable leases{core::Limits{}};
  for (const char* task : {"a", "b", "c"}) {
    core::Lease lease = sample_lease();
    lease.task_id = TaskId(task);
    leases.put(lease);
    static_cast<void>(recorder.entry(core::LeaseRenewed{lease}, moment(5)));
  }
  CHECK(recorder.take_renewed(leases, 7, 1).size() == 1);
  CHECK(recorder.due() == moment(605).mono);
  CHECK(recorder.take_renewed(leases, 7).size() == 2);
  CHECK_FALSE(recorder.due());
}
