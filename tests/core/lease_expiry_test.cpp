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

TEST_CASE("an owner that goes on after its lease ran out is told when, and who has the files",
          "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"src/q.py"}, 60));
  const double end = stage.clock.now().wall + 60;
  stage.pass(60);
  stage.clock.advance(720);
  const Command late = GENERATE(Command(release("t")), Command(RenewLease{TaskId("t"), {}, {}}),
                                Command(SaveCheckpoint{TaskId("t"), "c", {}}),
                                Command(UpdateTask{TaskId("t"), "working", {}, {}, {}, {}}),
                                Command(HandOff{TaskId("t"), AgentName("B"), {}, {}}));
  SECTION("nobody") {
    const Refusal refusal = stage.refuse("A", late, ErrorCode::not_claimed);
    CHECK(refusal.lapsed_at == end);
    CHECK_FALSE(refusal.holder);
    CHECK(refusal.error.message ==
          "The lease of A on 't' ran out 12 min ago; nobody has claimed it since, so claim it "
          "again.");
  }
  SECTION("another agent, under the same task") {
    stage.grant("B", claim("t", {"src/q.py"}));
    const Refusal refusal = stage.refuse("A", late, ErrorCode::not_owner);
    CHECK(refusal.lapsed_at == end);
    CHECK(refusal.holder == AgentName("B"));
    CHECK(refusal.error.message == "The lease of A on 't' ran out 12 min ago; B holds it now.");
  }
  SECTION("another agent, under another task") {
    stage.grant("B", claim("other", {"src"}));
    const Refusal refusal = stage.refuse("A", late, ErrorCode::not_claimed);
    CHECK(refusal.holder == AgentName("B"));
    CHECK(refusal.conflict_task_id == TaskId("other"));
    CHECK(refusal.error.message ==
          "The lease of A on 't' ran out 12 min ago; B holds src now, under task 'other'.");
  }
  SECTION("and only the owner is") {
    const Refusal refusal = stage.refuse("C", late, ErrorCode::not_claimed);
    CHECK_FALSE(refusal.lapsed_at);
  }
}

TEST_CASE("a refused claim says when the agent's own lease on the task ran out", "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  const double end = stage.clock.now().wall + 60;
  stage.pass(90);
  stage.grant("B", claim("t", {"a"}));
  const Refusal refusal = stage.refuse("A", claim("t", {"a"}), ErrorCode::task_held);
  CHECK(refusal.lapsed_at == end);
  CHECK(refusal.error.message.ends_with(" The lease of A itself on 't' ran out 30 s ago."));
  CHECK_FALSE(stage.refuse("C", claim("t", {"a"}), ErrorCode::task_held).lapsed_at);
}

TEST_CASE("a lapse is forgotten when its agent holds the task again", "[core][expiry]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 60));
  stage.pass(60);
  REQUIRE(stage.machine.leases().lapses().all().size() == 1);
  SECTION("by a claim") { stage.grant("A", claim("t", {"a"})); }
  SECTION("by a hand-off") {
    stage.grant("B", claim("t", {"a"}));
    stage.grant("B", HandOff{TaskId("t"), AgentName("A"), {}, {}});
  }
  CHECK(stage.machine.leases().lapses().all().empty());
  stage.grant("A", release("t"));
  CHECK_FALSE(stage.refuse("A", release("t"), ErrorCode::not_claimed).lapsed_at);
}

TEST_CASE("lapses are bounded in number and in what each keeps, the oldest forgotten first",
          "[core][expiry]") {
  Lapses lapses;
  Lease lease;
  lease.owner = AgentName("A");
  lease.paths.assign(2, std::string(3000, 'p'));
  for (std::size_t i = 0; i <= Lapses::lapses_max; ++i) {
    lease.task_id = TaskId(std::to_string(i));
    lapses.add(lease);
  }
  CHECK(lapses.all().size() == Lapses::lapses_max);
  CHECK(lapses.find(AgentName("A"), TaskId("0")) == nullptr);
  REQUIRE(lapses.find(AgentName("A"), TaskId("1")) != nullptr);
  CHECK(lapses.find(AgentName("A"), TaskId("1"))->paths == Paths{""});
  CHECK(lapses.in_order().front().task_id == TaskId("1"));
  lapses.add(lapses.in_order().front());
  CHECK(lapses.in_order().back().task_id == TaskId("1"));
  CHECK(lapses.all().size() == Lapses::lapses_max);
}
