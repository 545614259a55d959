// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

HandOff hand_off(const char* task, const char* to,
                 const std::optional<std::string>& note = std::nullopt) {
  return {TaskId(task), AgentName(to), note, std::nullopt};
}

ClaimTask none(const char* task) {
  ClaimTask command = claim(task, {});
  command.coverage = Coverage::none;
  return command;
}

}  // namespace

TEST_CASE("a hand-off moves the lease as it is, under a new epoch", "[core][hand_off]") {
  Stage stage;
  ClaimTask command = claim("t", {"a"}, 60);
  command.note = "context";
  command.worktree = "w";
  command.git = GitContext{"feature", "main", "commit", ""};
  stage.grant("A", command);
  stage.grant("A", UpdateTask{TaskId("t"), "working", {}, "ref", {}, {}});
  stage.grant("A", SaveCheckpoint{TaskId("t"), "half way", {}});
  const std::vector<Event> events = stage.grant("A", hand_off("t", "B"));

  const auto handed = only<LeaseHandedOff>(events);
  CHECK(handed.previous_owner == AgentName("A"));
  const Lease& lease = handed.lease;
  CHECK(lease.owner == AgentName("B"));
  CHECK(lease.note == "context");
  CHECK(lease.status == LeaseStatus::working);
  CHECK(lease.worktree == "w");
  CHECK(lease.paths == Paths{"a"});
  CHECK(lease.checkpoint == "half way");
  CHECK(lease.data_ref == "ref");
  CHECK(lease.git == command.git);
  CHECK(lease.epoch == Epoch{2});
  CHECK(lease.version == Version{0});
  CHECK(lease.expires_at == stage.clock.now().wall + 3600);
  CHECK(stage.owner("t") == "B");

  // The order of the log: the lease, then the note by the one who gave the task away.
  REQUIRE(events.size() == 2);
  REQUIRE(std::holds_alternative<LeaseHandedOff>(events.front()));
  const ProgressNote note = only<ProgressPosted>(events).note;
  CHECK(note.task_id == TaskId("t"));
  CHECK(note.author == "A");
  CHECK(note.kind == ProgressKind::note);
  CHECK(note.text == "handed off to B: context");

  stage.refuse("A", release("t"), ErrorCode::not_owner);
  stage.grant("B", hand_off("t", "A", "yours again"));
  CHECK(stage.lease("t")->note == "yours again");
  CHECK(stage.lease("t")->epoch == Epoch{3});
  // A note that is given blank leaves none.
  CHECK(only<ProgressPosted>(stage.grant("A", hand_off("t", "B", ""))).note.text ==
        "handed off to B");
  CHECK(stage.lease("t")->note.empty());
}

TEST_CASE("a hand-off needs another agent that is online", "[core][hand_off]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.refuse("A", hand_off("t", ""), ErrorCode::blank_target);
  stage.refuse("A", hand_off("t", "A"), ErrorCode::target_is_owner);
  const Refusal refusal = stage.refuse("A", hand_off("t", "nobody"), ErrorCode::target_offline);
  CHECK(refusal.task_id == TaskId("t"));
  stage.leave("B");
  stage.refuse("A", hand_off("t", "B"), ErrorCode::target_offline);
  stage.grant("A", hand_off("t", "C"));
}

TEST_CASE("a hand-off checks the new owner against other agents' files", "[core][hand_off]") {
  Stage stage;
  stage.grant("A", claim("t", {"src"}));
  stage.grant("A", claim("outer", {}));
  // A's own claims may overlap; once one of them is B's they would not be A's own any more.
  const Refusal refusal = stage.refuse("A", hand_off("t", "B"), ErrorCode::scope_held);
  CHECK(refusal.holder == AgentName("A"));
  CHECK(refusal.conflict_task_id == TaskId("outer"));
  CHECK(refusal.error.message ==
        "Task 't' can't go to B: the whole worktree is held by A under task 'outer' as well and "
        "would "
        "not go along; release or narrow 'outer', or hand it over first.");
  stage.grant("A", release("outer"));
  stage.grant("A", hand_off("t", "B"));
}

TEST_CASE("a hand-off takes along the giver's claims that lie within it", "[core][hand_off]") {
  Stage stage;
  ClaimTask build = claim("build", {"src/a", "src/b/*.c"});
  build.note = "starting";
  stage.grant("A", build);
  ClaimTask elsewhere = claim("elsewhere", {"src"});
  elsewhere.worktree = "another";
  stage.grant("A", elsewhere);
  stage.grant("A", claim("t", {"docs", "src"}));
  const std::vector<Event> events = stage.grant("A", hand_off("t", "B", "yours"));
  CHECK(stage.owner("t") == "B");
  CHECK(stage.owner("build") == "B");
  CHECK(stage.owner("elsewhere") == "A");
  CHECK(stage.lease("t")->epoch == Epoch{4});
  CHECK(stage.lease("build")->epoch == Epoch{5});
  CHECK(stage.lease("build")->note == "starting");
  // What was asked for comes first, each with its note.
  REQUIRE(events.size() == 4);
  CHECK(std::get<LeaseHandedOff>(events[0]).lease.task_id == TaskId("t"));
  CHECK(std::get<ProgressPosted>(events[1]).note.text == "handed off to B: yours");
  CHECK(std::get<LeaseHandedOff>(events[2]).lease.task_id == TaskId("build"));
  CHECK(std::get<ProgressPosted>(events[3]).note.text == "handed off to B: starting");
}

TEST_CASE("a hand-off that would take too many claims along is refused", "[core][hand_off]") {
  Limits limits;
  limits.claims_per_agent = 2;
  Stage stage(limits);
  stage.grant("A", claim("inner", {"src/a"}));
  stage.grant("A", claim("t", {"src"}));
  stage.grant("B", claim("u", {"b"}));
  stage.refuse("A", hand_off("t", "B"), ErrorCode::claim_quota);
  stage.grant("B", release("u"));
  stage.grant("A", hand_off("t", "B"));
}

TEST_CASE("the new owner's own files are not in a hand-off's way", "[core][hand_off]") {
  Stage stage;
  stage.grant("A", claim("t", {"src"}));
  stage.grant("A", claim("u", {"docs"}));
  stage.grant("A", hand_off("t", "B"));
  stage.grant("B", claim("inner", {"src/a"}));
  stage.grant("A", hand_off("u", "B"));
  CHECK(stage.owner("u") == "B");
}

TEST_CASE("a claim without files is handed off whatever is held", "[core][hand_off]") {
  Stage stage;
  stage.grant("A", none("t"));
  stage.grant("C", claim("all", {}));
  stage.grant("A", hand_off("t", "B"));
  CHECK(stage.lease("t")->coverage == Coverage::none);
}

TEST_CASE("a hand-off checks the new owner's quota", "[core][hand_off]") {
  Limits limits;
  limits.claims_per_agent = 1;
  Stage stage(limits);
  stage.grant("A", claim("t", {"a"}));
  stage.grant("B", claim("u", {"b"}));
  stage.refuse("A", hand_off("t", "B"), ErrorCode::claim_quota);
  stage.grant("B", release("u"));
  stage.grant("A", hand_off("t", "B"));
  // And frees the old owner's.
  stage.grant("A", claim("v", {"c"}));
}

TEST_CASE("a hand-off's refusals come in order", "[core][hand_off]") {
  Limits limits;
  limits.claims_per_agent = 2;
  Stage stage(limits);
  stage.grant("A", claim("t", {"src"}));
  stage.grant("A", claim("outer", {}));
  stage.refuse("B", claim("u", {"b"}), ErrorCode::scope_held);
  stage.grant("B", none("u"));
  stage.grant("B", none("v"));
  HandOff command = hand_off("t", "B");
  command.epoch = 9;
  stage.refuse("A", command, ErrorCode::stale_epoch);
  command.epoch = std::nullopt;
  stage.refuse("A", command, ErrorCode::scope_held);
  stage.grant("A", release("outer"));
  stage.refuse("A", command, ErrorCode::claim_quota);
}

TEST_CASE("a claim of a worktree within the one that is handed off does not go along",
          "[core][hand_off]") {
  Stage stage;
  ClaimTask inner = claim("inner", {"a"});
  inner.worktree = "/w/lib";
  stage.grant("A", inner);
  ClaimTask outer = claim("outer", {"a", "lib"});
  outer.worktree = "/w";
  stage.grant("A", outer);
  const Refusal refusal = stage.refuse("A", hand_off("outer", "B"), ErrorCode::scope_held);
  CHECK(refusal.conflict_task_id == TaskId("inner"));
}
