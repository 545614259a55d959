// SPDX-License-Identifier: AGPL-3.0-or-later
// What a claim is granted, and what it is refused for, in that order.
#include <limits>

#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

Lease granted_lease(const std::vector<Event>& events) { return only<LeaseGranted>(events).lease; }

double ttl_of(Stage& stage, std::optional<double> ttl) {
  ClaimTask command = claim("t");
  command.ttl = ttl;
  const Lease lease = granted_lease(stage.grant("A", command));
  const double seconds = lease.expires_at - stage.clock.now().wall;
  // Both of its ends say the same.
  CHECK(lease.deadline - stage.clock.now().mono == base::from_seconds(seconds));
  return seconds;
}

}  // namespace

TEST_CASE("a claim of a free task and scope is granted as asked", "[core][lease]") {
  Stage stage;
  ClaimTask command = claim("t", {"./src//a", "src/a"}, 600);
  command.note = "why";
  command.worktree = "w";
  command.git = GitContext{"feature", "main", "commit", ""};
  const Lease lease = granted_lease(stage.grant("A", command));
  CHECK(lease.task_id == TaskId("t"));
  CHECK(lease.owner == AgentName("A"));
  CHECK(lease.note == "why");
  CHECK(lease.claimed_at == stage.clock.now().wall);
  CHECK(lease.expires_at == stage.clock.now().wall + 600);
  CHECK(lease.status == LeaseStatus::claimed);
  CHECK(lease.worktree == "w");
  CHECK(lease.paths == Paths{"src/a"});
  CHECK(lease.epoch == Epoch{1});
  CHECK(lease.version == Version{0});
  CHECK(lease.git == command.git);
  CHECK(stage.owner("t") == "A");
}

TEST_CASE("a claim of a blank task is refused", "[core][lease]") {
  Stage stage;
  const Refusal refusal = stage.refuse("A", claim(""), ErrorCode::blank_task_id);
  CHECK(refusal.task_id == TaskId(""));
  CHECK_FALSE(refusal.holder);
}

TEST_CASE("a task that another agent holds is refused with all that a program needs",
          "[core][lease]") {
  Stage stage;
  stage.grant("B", claim("t", {"b"}));
  stage.grant("B", UpdateTask{TaskId("t"), "working", {}, {}, {}, {}});
  const Refusal refusal = stage.refuse("A", claim("t", {"elsewhere"}), ErrorCode::task_held);
  CHECK(refusal.task_id == TaskId("t"));
  CHECK(refusal.conflict_task_id == TaskId("t"));
  CHECK(refusal.holder == AgentName("B"));
  CHECK(refusal.lease_expires_at == stage.lease("t")->expires_at);
  CHECK(refusal.current_epoch == Epoch{1});
  CHECK(refusal.current_version == Version{1});
  CHECK(refusal.error.message.find("held by B") != std::string::npos);
  stage.grant("A", claim("other", {"elsewhere"}));
}

TEST_CASE("a task that is held in another worktree is refused with that worktree's name",
          "[core][lease]") {
  Stage stage;
  ClaimTask there = claim("t", {"b"});
  there.worktree = "/r/one";
  stage.grant("B", there);
  ClaimTask here = claim("t", {"b"});
  here.worktree = "/r/two";
  CHECK_THAT(stage.refuse("A", here, ErrorCode::task_held).error.message,
             Catch::Contains("is held by B in /r/one;"));
  CHECK_THAT(stage.refuse("A", there, ErrorCode::task_held).error.message,
             Catch::Contains("is held by B;"));
}

TEST_CASE("files that another agent holds are refused with the task that holds them",
          "[core][lease]") {
  Stage stage;
  stage.grant("B", claim("holding", {"src"}));
  const Refusal refusal = stage.refuse("A", claim("t", {"src/a.py"}), ErrorCode::scope_held);
  CHECK(refusal.task_id == TaskId("t"));
  CHECK(refusal.conflict_task_id == TaskId("holding"));
  CHECK(refusal.holder == AgentName("B"));
  CHECK(refusal.lease_expires_at == stage.lease("holding")->expires_at);
  CHECK(refusal.error.message.find("src") != std::string::npos);
  stage.grant("A", claim("t", {"docs"}));
}

TEST_CASE("empty paths claim the whole worktree, and only that one", "[core][lease]") {
  Stage stage;
  stage.grant("B", claim("whole", {}));
  CHECK(stage.lease("whole")->paths.empty());
  stage.refuse("A", claim("t", {"anything"}), ErrorCode::scope_held);
  ClaimTask elsewhere = claim("t", {"anything"});
  elsewhere.worktree = "other";
  stage.grant("A", elsewhere);
}

TEST_CASE("a claim without files is in nobody's way and nobody in its", "[core][lease]") {
  Stage stage;
  ClaimTask none = claim("none", {});
  none.coverage = Coverage::none;
  stage.grant("B", claim("whole", {}));
  stage.grant("A", none);
  stage.grant("B", release("whole"));
  stage.grant("C", claim("all", {}));
  // The task itself is held all the same.
  stage.refuse("C", none, ErrorCode::task_held);
}

TEST_CASE("an agent's own claims never contend", "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("one", {"src"}));
  stage.grant("A", claim("two", {"src/a"}));
  stage.refuse("B", claim("three", {"src/a"}), ErrorCode::scope_held);
}

TEST_CASE("a quota stops the claim after it, and never a renewal", "[core][lease]") {
  Limits limits;
  limits.claims_per_agent = 2;
  Stage stage(limits);
  stage.grant("A", claim("t1", {"1"}));
  stage.grant("A", claim("t2", {"2"}));
  stage.refuse("A", claim("t3", {"3"}), ErrorCode::claim_quota);
  stage.grant("A", claim("t2", {"2b"}));
  stage.grant("B", claim("t3", {"3"}));
  stage.grant("A", release("t1"));
  stage.grant("A", claim("t4", {"4"}));
}

TEST_CASE("refusals come in the protocol's order", "[core][lease]") {
  Limits limits;
  limits.claims_per_agent = 1;
  Stage stage(limits);
  stage.grant("B", claim("theirs", {"src"}));
  stage.grant("A", claim("mine", {"docs"}));
  // Each of these could be refused for all that follows as well.
  stage.refuse("A", claim("", {"src"}), ErrorCode::blank_task_id);
  stage.refuse("A", claim("theirs", {"src"}), ErrorCode::task_held);
  stage.refuse("A", claim("new", {"src"}), ErrorCode::scope_held);
  stage.refuse("A", claim("new", {"free"}), ErrorCode::claim_quota);
}

TEST_CASE("claiming again starts over and keeps what was saved", "[core][lease]") {
  Stage stage;
  ClaimTask first = claim("t", {"a"});
  first.note = "first";
  first.git = GitContext{};
  stage.grant("A", first);
  stage.grant("A", UpdateTask{TaskId("t"), "done", {}, "ref", {}, {}});
  stage.grant("A", SaveCheckpoint{TaskId("t"), "half way", {}});
  ClaimTask second = claim("t", {"b"}, 60);
  second.note = "second";
  const Lease lease = granted_lease(stage.grant("A", second));
  CHECK(lease.status == LeaseStatus::claimed);
  CHECK(lease.version == Version{0});
  CHECK(lease.note == "second");
  CHECK(lease.paths == Paths{"b"});
  CHECK(lease.checkpoint == "half way");
  CHECK(lease.data_ref == "ref");
  CHECK(lease.epoch == Epoch{2});
  CHECK_FALSE(lease.git);
  // What it no longer covers is free.
  stage.grant("B", claim("other", {"a"}));
}

TEST_CASE("a renewal with files that another holds is refused and changes nothing",
          "[core][lease]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("B", claim("u", {"b"}));
  stage.refuse("A", claim("t", {"a", "b"}), ErrorCode::scope_held);
  CHECK(stage.lease("t")->paths == Paths{"a"});
}

TEST_CASE("every grant takes the next epoch of the hub", "[core][lease]") {
  Stage stage;
  CHECK(granted_lease(stage.grant("A", claim("t", {"1"}))).epoch == Epoch{1});
  CHECK(granted_lease(stage.grant("B", claim("u", {"2"}))).epoch == Epoch{2});
  stage.refuse("C", claim("v", {"1"}), ErrorCode::scope_held);
  // A change under an old epoch does not take the counter back.
  stage.grant("A", UpdateTask{TaskId("t"), "working", {}, {}, {}, {}});
  stage.grant("B", release("u"));
  CHECK(granted_lease(stage.grant("A", claim("t", {"1"}))).epoch == Epoch{3});
  stage.grant("A", release("t"));
  CHECK(granted_lease(stage.grant("C", claim("u", {"2"}))).epoch == Epoch{4});
}

TEST_CASE("the length of a lease is clamped, and nonsense takes the default", "[core][lease]") {
  Stage stage;
  constexpr double month = 30 * 24 * 3600;
  CHECK(ttl_of(stage, std::nullopt) == 3600);
  CHECK(ttl_of(stage, 60.5) == 60.5);
  CHECK(ttl_of(stage, 30) == 30);
  CHECK(ttl_of(stage, 29.9) == 30);
  CHECK(ttl_of(stage, 0) == 30);
  CHECK(ttl_of(stage, -5) == 30);
  CHECK(ttl_of(stage, month) == month);
  CHECK(ttl_of(stage, month + 1) == month);
  CHECK(ttl_of(stage, 1e11) == month);
  CHECK(ttl_of(stage, 1e300) == 3600);
  CHECK(ttl_of(stage, -1e300) == 3600);
  CHECK(ttl_of(stage, std::numeric_limits<double>::infinity()) == 3600);
  CHECK(ttl_of(stage, -std::numeric_limits<double>::infinity()) == 3600);
  CHECK(ttl_of(stage, std::numeric_limits<double>::quiet_NaN()) == 3600);
}

TEST_CASE("a claim by its owner never shortens the lease unasked", "[core][claim]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 10'800));
  const double end = stage.lease("t")->expires_at;
  ClaimTask again = claim("t", {"a"});
  again.ttl = std::nullopt;
  stage.grant("A", again);
  CHECK(stage.lease("t")->expires_at == end);
  stage.grant("A", RenewLease{TaskId("t"), std::nullopt, std::nullopt});
  CHECK(stage.lease("t")->expires_at == end);
  // Asked for, it does.
  stage.grant("A", claim("t", {"a"}, 60));
  CHECK(stage.lease("t")->expires_at == stage.clock.now().wall + 60);
  stage.grant("A", again);
  CHECK(stage.lease("t")->expires_at == stage.clock.now().wall + 3600);
}

TEST_CASE("a claim by its owner says which files it gave up", "[core][claim]") {
  Stage stage;
  const auto given_up = [&stage](const ClaimTask& command) {
    const auto granted = only<LeaseGranted>(stage.grant("A", command));
    return granted.given_up ? granted.given_up->paths : Paths{};
  };
  CHECK(given_up(claim("t", {"src/a", "docs"})).empty());
  CHECK(given_up(claim("t", {"src", "docs"})).empty());
  CHECK(given_up(claim("t", {"src/other"})) == Paths{"src", "docs"});
  CHECK(given_up(claim("t", {})).empty());
  CHECK(given_up(claim("t", {"a"})) == Paths{""});
  ClaimTask elsewhere = claim("t", {"a"});
  elsewhere.worktree = "w";
  const auto moved = only<LeaseGranted>(stage.grant("A", elsewhere));
  REQUIRE(moved.given_up);
  CHECK(moved.given_up->worktree.empty());
  CHECK(moved.given_up->paths == Paths{"a"});
  ClaimTask none = claim("t", {});
  none.coverage = Coverage::none;
  CHECK(given_up(none) == Paths{"a"});
  CHECK(given_up(claim("t", {"a"})).empty());
}

TEST_CASE("a claim that adds keeps what its agent holds under the task", "[core][claim]") {
  Stage stage;
  ClaimTask first = claim("t", {"src/q"}, 10'800);
  first.note = "context";
  first.git = GitContext{"feature", "main", "commit", ""};
  stage.grant("A", first);
  stage.grant("A", UpdateTask{TaskId("t"), "working", {}, {}, {}, {}});
  const double end = stage.lease("t")->expires_at;
  ClaimTask more = claim("t", {"src/other", "src/q"});
  more.ttl = std::nullopt;
  more.extent = Extent::added;
  const auto granted = only<LeaseGranted>(stage.grant("A", more));
  CHECK(granted.lease.paths == Paths{"src/q", "src/other"});
  CHECK_FALSE(granted.given_up);
  CHECK(granted.lease.note == "context");
  CHECK(granted.lease.git == first.git);
  CHECK(granted.lease.status == LeaseStatus::working);
  CHECK(granted.lease.expires_at == end);

  SECTION("and is refused where another agent has the files") {
    stage.grant("B", claim("u", {"docs"}));
    more.paths = {"docs"};
    stage.refuse("A", more, ErrorCode::scope_held);
    CHECK(stage.lease("t")->paths == Paths{"src/q", "src/other"});
  }
  SECTION("and in another worktree, which takes another task") {
    more.worktree = "w";
    stage.refuse("A", more, ErrorCode::illegal_transition);
  }
  SECTION("and takes the whole worktree for what it is") {
    stage.grant("A", claim("t", {}));
    stage.grant("A", more);
    CHECK(stage.lease("t")->paths.empty());
  }
  SECTION("and of a task that is free is a claim like any other") {
    more.task_id = TaskId("new");
    more.paths = {"n"};
    CHECK(only<LeaseGranted>(stage.grant("A", more)).lease.paths == Paths{"n"});
  }
}

TEST_CASE("a worktree is in the way of one within it, though another within it was given back",
          "[core][lease]") {
  Stage stage;
  const auto claim_in = [](const char* task, const char* worktree, const char* path) {
    ClaimTask command = claim(task, {path});
    command.worktree = worktree;
    return command;
  };
  stage.grant("A", claim_in("outer", "/w", "lib/a.c"));
  stage.grant("B", claim_in("inner", "/w/lib", "b.c"));
  stage.grant("B", release("inner"));
  const Refusal refusal =
      stage.refuse("C", claim_in("late", "/w/lib", "a.c"), ErrorCode::scope_held);
  CHECK(refusal.conflict_task_id == TaskId("outer"));
  stage.grant("A", release("outer"));
  stage.grant("C", claim_in("late", "/w/lib", "a.c"));
}
