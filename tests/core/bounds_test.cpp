// SPDX-License-Identifier: AGPL-3.0-or-later
// What agents can make the machine keep is bounded in bytes, for each and in all.
#include "core/footprint.hpp"
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

const std::string large(20'000, 'x');

ClaimTask noted(const char* task, const char* path, const std::string& note) {
  ClaimTask command = claim(task, {path});
  command.note = note;
  return command;
}

}  // namespace

TEST_CASE("claims are bounded in bytes, with their notes and checkpoints", "[core][bounds]") {
  Limits limits;
  limits.lease_bytes_per_agent = 50'000;
  limits.lease_bytes_max = 80'000;
  Stage stage(limits);
  stage.grant("A", noted("a1", "a1", large));
  stage.grant("A", claim("a2", {"a2"}));
  stage.grant("A", SaveCheckpoint{TaskId("a2"), large, {}});
  stage.refuse("A", noted("a3", "a3", large), ErrorCode::bytes_quota);
  stage.refuse("A", SaveCheckpoint{TaskId("a1"), large, {}}, ErrorCode::bytes_quota);
  stage.refuse("A", UpdateTask{TaskId("a1"), "", {}, large, {}, {}}, ErrorCode::bytes_quota);
  stage.grant("A", claim("a3", {"a3"}));
  stage.grant("B", noted("b1", "b1", large));
  stage.refuse("B", noted("b2", "b2", large), ErrorCode::bytes_quota);
  // What takes no more than before is welcome, and what is let go makes room.
  stage.grant("A", SaveCheckpoint{TaskId("a2"), std::string(20'000, 'y'), {}});
  stage.grant("A", UpdateTask{TaskId("a1"), "working", "", {}, {}, {}});
  stage.grant("A", release("a2"));
  stage.grant("B", noted("b2", "b2", large));
  CHECK(stage.machine.leases().bytes() <= limits.lease_bytes_max);
}

TEST_CASE("a hand-off must fit beside what its taker holds", "[core][bounds]") {
  Limits limits;
  limits.lease_bytes_per_agent = 30'000;
  Stage stage(limits);
  stage.grant("A", noted("a", "a", large));
  stage.grant("B", noted("b", "b", large));
  stage.refuse("A", HandOff{TaskId("a"), AgentName("B"), "", {}}, ErrorCode::bytes_quota);
  stage.grant("A", HandOff{TaskId("a"), AgentName("C"), "", {}});
}

TEST_CASE("claims are bounded in number", "[core][bounds]") {
  Limits limits;
  limits.leases_max = 2;
  Stage stage(limits);
  stage.grant("A", claim("a", {"a"}));
  stage.grant("B", claim("b", {"b"}));
  stage.refuse("C", claim("c", {"c"}), ErrorCode::bytes_quota);
  stage.grant("A", claim("a", {"a2"}));
}

TEST_CASE("claims of a log that knew no bounds lose checkpoints and notes, and stay claims",
          "[core][bounds]") {
  Limits limits;
  limits.lease_bytes_max = 60'000;
  Stage stage(limits);
  for (const char* task : {"1", "2", "3"}) {
    Lease lease;
    lease.task_id = TaskId(task);
    lease.owner = AgentName("A");
    lease.paths = {task};
    lease.note = large;
    lease.checkpoint = large;
    lease.claimed_at = task[0];
    lease.epoch = Epoch{static_cast<std::uint64_t>(task[0])};
    lease.deadline = stage.clock.now().mono + std::chrono::hours(1);
    stage.machine.replay(LeaseGranted{std::move(lease)});
  }
  CHECK_FALSE(stage.machine.fit().empty());
  CHECK(stage.machine.leases().bytes() <= limits.lease_bytes_max);
  CHECK(stage.machine.leases().all().size() == 3);
  CHECK(stage.lease("1")->checkpoint.empty());
  CHECK_FALSE(stage.lease("3")->note.empty());
  CHECK(stage.machine.fit().empty());
}

TEST_CASE("checkpoints of lapsed leases are bounded in bytes, the oldest go first",
          "[core][bounds]") {
  Limits limits;
  limits.checkpoint_bytes_max = 50'000;
  Stage stage(limits);
  for (const char* task : {"1", "2", "3"}) {
    stage.grant("A", claim(task, {task}));
    stage.grant("A", SaveCheckpoint{TaskId(task), large, {}});
    stage.pass(700);
  }
  CHECK(stage.machine.leases().kept_checkpoint(TaskId("1")) == nullptr);
  CHECK(stage.machine.leases().kept_checkpoint(TaskId("2")) != nullptr);
  CHECK(stage.machine.leases().kept_checkpoint(TaskId("3")) != nullptr);
}

TEST_CASE("claims that wait are bounded in bytes", "[core][bounds]") {
  Limits limits;
  limits.queued_bytes_per_agent = 40'000;
  limits.queued_bytes_max = 60'000;
  Stage stage(limits);
  stage.grant("A", claim("held", {"held"}));
  const auto waiting = [](const char* task) {
    ClaimTask command = noted(task, "held", large);
    command.if_held = IfHeld::wait;
    return command;
  };
  stage.grant("B", waiting("b1"));
  stage.refuse("B", waiting("b2"), ErrorCode::queue_full);
  stage.grant("B", waiting("b1"));
  stage.grant("C", waiting("c1"));
  stage.refuse("D", waiting("d1"), ErrorCode::queue_full);
  stage.grant("B", release("b1"));
  stage.grant("D", waiting("d1"));
  CHECK(stage.machine.queue().bytes() <= limits.queued_bytes_max);
}

TEST_CASE("patterns of claims that wait are bounded, too", "[core][bounds]") {
  Limits limits;
  limits.pattern_bytes_per_folder = 20;
  limits.pattern_bytes_per_agent = 10;
  Stage stage(limits);
  stage.grant("A", claim("all", {""}));
  stage.grant("B", waiting_claim("b", {"*.b1", "*.b2"}));
  stage.refuse("B", waiting_claim("b2", {"*.b3"}), ErrorCode::pattern_quota);
  // Equal patterns are one.
  stage.grant("B", waiting_claim("b2", {"*.b1"}));
  stage.grant("C", waiting_claim("c", {"*.b1", "*.b2"}));
  stage.grant("D", waiting_claim("d", {"*.d1", "*.d2"}));
  stage.refuse("C", waiting_claim("c2", {"*.c345678"}), ErrorCode::pattern_quota);
  stage.grant("C", waiting_claim("c2", {"c/*.c345678"}));
}

TEST_CASE("offers are bounded in bytes, for an agent and in all", "[core][bounds]") {
  Limits limits;
  limits.offer_bytes_per_agent = 30'000;
  limits.offer_bytes_max = 50'000;
  limits.offers_max = 3;
  Stage stage(limits);
  const auto offer = [](const char* name, const std::string& text) {
    return OfferResource{"gpu", name, 1, JsonText{"\"" + text + "\""}};
  };
  stage.grant("A", offer("1", large));
  stage.refuse("A", offer("2", large), ErrorCode::bytes_quota);
  stage.grant("A", offer("1", large));
  stage.grant("B", offer("1", large));
  stage.refuse("C", offer("1", large), ErrorCode::bytes_quota);
  stage.grant("C", offer("1", "small"));
  stage.refuse("D", offer("1", "small"), ErrorCode::bytes_quota);
  stage.pass(400);
  stage.grant("D", offer("1", large));
}

TEST_CASE("the cards of all agents are bounded in bytes", "[core][bounds]") {
  Limits limits;
  limits.card_bytes_max = 50'000;
  Stage stage(limits);
  const auto card = [](const std::string& text) { return Advertise{text, {}, {}, "", {}}; };
  stage.grant("A", card(large));
  stage.grant("B", card(large));
  stage.refuse("C", card(large), ErrorCode::bytes_quota);
  stage.grant("A", card(large));
  stage.leave("A");
  stage.grant("C", card(large));
}

TEST_CASE("paths that are too long together widen a scope to its worktree", "[core][bounds]") {
  Stage stage;
  Paths paths;
  for (int i = 0; i < 500; ++i) paths.push_back(std::string(130, 'x') + std::to_string(100 + i));
  stage.grant("A", claim("wide", paths));
  CHECK(stage.lease("wide")->paths == Paths{""});
  paths.resize(400);
  stage.grant("A", claim("wide", paths));
  CHECK(stage.lease("wide")->paths == paths);
}
