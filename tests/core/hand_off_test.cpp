// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

HandOff hand_off(const char* task, const char* to, const char* note = "") {
  return {TaskId(task), AgentName(to), note, std::nullopt};
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
  CHECK(note.text.find("B") != std::string::npos);

  stage.refuse("A", release("t"), ErrorCode::not_owner);
  stage.grant("B", hand_off("t", "A", "yours again"));
  CHECK(stage.lease("t")->note == "yours again");
  CHECK(stage.lease("t")->epoch == Epoch{3});
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
  stage.grant("A", claim("inner", {"src/a"}));
  // A's own claims may overlap; once one of them is B's they would not be A's own any more.
  const Refusal refusal = stage.refuse("A", hand_off("t", "B"), ErrorCode::scope_held);
  CHECK(refusal.holder == AgentName("A"));
  CHECK(refusal.conflict_task_id == TaskId("inner"));
  stage.grant("A", release("inner"));
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
  ClaimTask none = claim("t", {});
  none.coverage = Coverage::none;
  stage.grant("A", none);
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
  stage.grant("A", claim("inner", {"src/a"}));
  stage.grant("B", claim("u", {"b"}));
  stage.grant("B", claim("v", {"c"}));
  HandOff command = hand_off("t", "B");
  command.epoch = 9;
  stage.refuse("A", command, ErrorCode::stale_epoch);
  command.epoch = std::nullopt;
  stage.refuse("A", command, ErrorCode::scope_held);
  stage.grant("A", release("inner"));
  stage.refuse("A", command, ErrorCode::claim_quota);
}
