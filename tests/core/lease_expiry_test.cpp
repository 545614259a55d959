// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

SaveCheckpoint save(const char* task, const char* text) { return {TaskId(task), text, {}}; }

}  // namespace

TEST_CASE("a lease ends at its time and not before", "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  stage.grant("A", save("t", "half way"));
  CHECK(stage.machine.next_deadline() == stage.lease("t")->deadline);
  CHECK(stage.pass(59.75).empty());
  stage.refuse("B", claim("u", {"a"}), ErrorCode::scope_held);
  const auto expired = only<LeaseExpired>(stage.pass(0.25));
  CHECK(expired.task_id == TaskId("t"));
  CHECK(expired.owner == AgentName("A"));
  CHECK(expired.epoch == Epoch{1});
  CHECK(expired.checkpoint == "half way");
  CHECK(stage.machine.next_deadline() == std::nullopt);
  stage.grant("B", claim("u", {"a"}));
  stage.refuse("A", release("t"), ErrorCode::not_claimed);
}

TEST_CASE("a step of the wall clock neither ends nor extends a lease", "[core][expiry]") {
  for (const double step : {-86400.0, 86400.0}) {
    INFO("step " << step);
    Stage stage;
    stage.grant("A", claim("t", {"a"}, 60));
    stage.clock.step_wall(step);
    CHECK(stage.pass(59.75).empty());
    CHECK(stage.owner("t") == "A");
    stage.grant("A", RenewLease{TaskId("t"), 60, {}});
    CHECK(stage.lease("t")->expires_at == stage.clock.now().wall + 60);
    stage.clock.step_wall(-step);
    CHECK(stage.pass(59.75).empty());
    CHECK(count<LeaseExpired>(stage.pass(0.25)) == 1);
  }
}

TEST_CASE("leases end in the order of their times", "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("a", {"1"}, 120));
  stage.grant("A", claim("b", {"2"}, 60));
  stage.grant("A", claim("d", {"3"}, 90));
  stage.grant("A", claim("c", {"4"}, 90));
  const auto events = stage.pass(100);
  REQUIRE(events.size() == 3);
  CHECK(std::get<LeaseExpired>(events[0]).task_id == TaskId("b"));
  CHECK(std::get<LeaseExpired>(events[1]).task_id == TaskId("c"));
  CHECK(std::get<LeaseExpired>(events[2]).task_id == TaskId("d"));
  CHECK(stage.owner("a") == "A");
}

TEST_CASE("a lapsed lease leaves its checkpoint to whoever claims the task next",
          "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  stage.grant("A", save("t", "half way"));
  stage.pass(60);
  CHECK(only<LeaseGranted>(stage.grant("B", claim("t", {"b"}))).lease.checkpoint == "half way");
  // Inherited, it is the heir's: a release discards it.
  stage.grant("B", release("t"));
  CHECK(only<LeaseGranted>(stage.grant("C", claim("t", {"b"}))).lease.checkpoint.empty());
}

TEST_CASE("a checkpoint is inherited once, however the lease ends after it", "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  stage.grant("A", save("t", "first"));
  stage.pass(60);
  stage.grant("B", claim("t", {"a"}, 60));
  stage.grant("B", save("t", ""));
  stage.pass(60);
  CHECK(only<LeaseGranted>(stage.grant("C", claim("t"))).lease.checkpoint.empty());
}

TEST_CASE("a lapsed lease without a checkpoint drops what an older one left", "[core][expiry]") {
  Limits limits;
  Stage stage(limits);
  stage.machine.replay(LeaseExpired{TaskId("t"), AgentName("A"), Epoch{1}, "old"});
  REQUIRE(stage.machine.leases().kept_checkpoint(TaskId("t")) != nullptr);
  stage.machine.replay(LeaseExpired{TaskId("t"), AgentName("A"), Epoch{2}, ""});
  CHECK(stage.machine.leases().kept_checkpoint(TaskId("t")) == nullptr);
}

TEST_CASE("the checkpoints of lapsed leases are bounded, the oldest forgotten first",
          "[core][expiry]") {
  Limits limits;
  limits.checkpoints_kept_max = 2;
  Stage stage(limits);
  for (const char* task : {"t1", "t2", "t3"}) {
    stage.grant("A", claim(task, {task}, 60));
    stage.grant("A", save(task, task));
    stage.pass(60);
  }
  CHECK(stage.machine.leases().kept_checkpoints().size() == 2);
  CHECK(stage.machine.leases().kept_checkpoint(TaskId("t1")) == nullptr);
  CHECK(stage.machine.leases().kept_checkpoint(TaskId("t2")) != nullptr);
  CHECK(stage.machine.leases().kept_checkpoint(TaskId("t3")) != nullptr);
}

TEST_CASE("a lease outlives its owner's connection", "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  stage.leave("A");
  stage.refuse("B", claim("t"), ErrorCode::task_held);
  stage.pass(60);
  stage.grant("B", claim("t"));
}

TEST_CASE("the epoch goes on after leases end, and after a replay", "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  const Event second = stage.grant("A", claim("t", {"a"}, 60)).front();
  stage.pass(60);
  CHECK(only<LeaseGranted>(stage.grant("B", claim("u"))).lease.epoch == Epoch{3});

  Stage replayed;
  replayed.machine.replay(second);
  replayed.machine.replay(LeaseExpired{TaskId("t"), AgentName("A"), Epoch{2}, ""});
  CHECK(only<LeaseGranted>(replayed.grant("B", claim("u"))).lease.epoch == Epoch{3});
}
