// SPDX-License-Identifier: AGPL-3.0-or-later
// Claims that wait for their turn.
#include <limits>

#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

ClaimQueued queued(const std::vector<Event>& events) { return only<ClaimQueued>(events); }

// The tasks that were granted, in their order.
std::vector<std::string> granted(const std::vector<Event>& events) {
  std::vector<std::string> tasks;
  for (const Event& event : events) {
    const auto* grant = std::get_if<LeaseGranted>(&event);
    if (grant != nullptr)
      tasks.push_back(grant->lease.task_id.text + ":" + grant->lease.owner.text);
  }
  return tasks;
}

using Granted = std::vector<std::string>;

ClaimTask in_worktree(ClaimTask command, const char* worktree) {
  command.worktree = worktree;
  return command;
}

ClaimTask for_seconds(ClaimTask command, double seconds) {
  command.wait_seconds = seconds;
  return command;
}

}  // namespace

TEST_CASE("a claim that waits is granted at once when nothing is in its way", "[core][queue]") {
  Stage stage;
  CHECK(granted(stage.grant("A", waiting_claim("t"))) == Granted{"t:A"});
  CHECK(stage.machine.queue().all().empty());
}

TEST_CASE("a claim that waits is queued behind a lease and granted when it ends", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"src"}));
  const ClaimQueued entry = queued(stage.grant("B", waiting_claim("u", {"src/a"})));
  CHECK(entry.agent == AgentName("B"));
  CHECK(entry.holder == AgentName("A"));
  CHECK(entry.position == 1);
  CHECK(entry.deadline == Mono::max());
  CHECK(stage.owner("u").empty());
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"u:B"});
  CHECK(stage.machine.queue().all().empty());
  CHECK(stage.lease("u")->claimed_at == stage.clock.now().wall);
}

TEST_CASE("without waiting the same claim is refused", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"src"}));
  stage.refuse("B", claim("u", {"src/a"}), ErrorCode::scope_held);
  CHECK(granted(stage.grant("A", release("t"))).empty());
}

TEST_CASE("what waiting can't mend is refused at once", "[core][queue]") {
  Limits limits;
  limits.claims_per_agent = 1;
  Stage stage(limits);
  stage.refuse("A", waiting_claim(""), ErrorCode::blank_task_id);
  stage.grant("A", claim("t"));
  stage.refuse("A", waiting_claim("u", {"b"}), ErrorCode::claim_quota);
  CHECK(stage.machine.queue().all().empty());
}

TEST_CASE("waiting claims are granted in the order of their arrival", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t"));
  CHECK(queued(stage.grant("B", waiting_claim("t"))).position == 1);
  CHECK(queued(stage.grant("C", waiting_claim("t"))).position == 2);
  CHECK(queued(stage.grant("D", waiting_claim("t"))).position == 3);
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"t:B"});
  CHECK(granted(stage.grant("B", release("t"))) == Granted{"t:C"});
  CHECK(granted(stage.grant("C", release("t"))) == Granted{"t:D"});
}

TEST_CASE("a place counts the claims of others that wait for the same, and no more",
          "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"a", "b"}));
  CHECK(queued(stage.grant("B", waiting_claim("b1", {"a"}))).position == 1);
  CHECK(queued(stage.grant("C", waiting_claim("c1", {"b"}))).position == 1);
  CHECK(queued(stage.grant("D", waiting_claim("d1", {"a/x", "b/x"}))).position == 3);
  CHECK(queued(stage.grant("B", waiting_claim("b2", {"a/y"}))).position == 1);
  // The task in another worktree is the same task all the same.
  stage.grant("A", in_worktree(claim("held", {"z"}), "other"));
  const ClaimTask elsewhere = in_worktree(waiting_claim("b1", {"z"}), "other");
  CHECK(queued(stage.grant("C", elsewhere)).position == 2);
}

TEST_CASE("all that no longer stand in each other's way are granted together", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {}));
  stage.grant("B", waiting_claim("b", {"src"}));
  stage.grant("C", waiting_claim("c", {"src/a"}));
  stage.grant("D", waiting_claim("d", {"docs"}));
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"b:B", "d:D"});
  CHECK(granted(stage.grant("B", release("b"))) == Granted{"c:C"});
}

TEST_CASE("a later claim does not overtake an earlier one that is still blocked", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("x", {"x"}));
  stage.grant("B", claim("y", {"y"}));
  stage.grant("C", waiting_claim("both", {"x", "y"}));
  stage.grant("D", waiting_claim("one", {"y"}));
  CHECK(granted(stage.grant("B", release("y"))).empty());
  CHECK(stage.machine.queue().all().size() == 2);
  CHECK(granted(stage.grant("A", release("x"))) == Granted{"both:C"});
  CHECK(granted(stage.grant("C", release("both"))) == Granted{"one:D"});
}

TEST_CASE("who is ready to wait does not overtake those who wait already", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("x", {"x"}));
  stage.grant("B", waiting_claim("both", {"x", "y"}));
  // y is free, but promised.
  const ClaimQueued entry = queued(stage.grant("C", waiting_claim("one", {"y"})));
  CHECK(entry.holder == AgentName("B"));
  CHECK(entry.position == 2);
  // Who does not wait is judged by the leases alone.
  stage.grant("D", claim("two", {"y"}));
}

TEST_CASE("an agent's own waiting claims don't hold each other up", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"src"}));
  stage.grant("B", waiting_claim("b1", {"src", "other"}));
  CHECK(granted(stage.grant("B", waiting_claim("b2", {"other"}))) == Granted{"b2:B"});
  stage.grant("B", waiting_claim("b3", {"src/a"}));
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"b1:B", "b3:B"});
}

TEST_CASE("a claim without files waits for its task alone", "[core][queue]") {
  Stage stage;
  ClaimTask none = waiting_claim("t", {});
  none.coverage = Coverage::none;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("B", none);
  stage.grant("C", claim("c", {"b"}));
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"t:B"});
  // And holds nobody up meanwhile but those that wait for the task.
  CHECK(granted(stage.grant("D", waiting_claim("d", {"a"}))) == Granted{"d:D"});
}

TEST_CASE("every way a lease ends or moves serves the queue", "[core][queue]") {
  Stage stage;
  const auto prepare = [&stage](double ttl) {
    stage.grant("A", claim("t", {"a"}, ttl));
    stage.grant("B", waiting_claim("u", {"a"}));
  };
  SECTION("expiry") {
    prepare(60);
    const auto events = stage.pass(60);
    CHECK(count<LeaseExpired>(events) == 1);
    CHECK(granted(events) == Granted{"u:B"});
  }
  SECTION("a renewal that gives files up") {
    prepare(60);
    CHECK(granted(stage.grant("A", claim("t", {"z"}))) == Granted{"t:A", "u:B"});
  }
  SECTION("a hand-off to the one who waits") {
    prepare(60);
    CHECK(granted(stage.grant("A", HandOff{TaskId("t"), AgentName("B"), "", {}})) ==
          Granted{"u:B"});
  }
  SECTION("a waiter ahead that goes") {
    stage.grant("C", claim("c", {"c"}));
    stage.grant("D", waiting_claim("d", {"a", "c"}));
    CHECK(queued(stage.grant("B", waiting_claim("u", {"a"}))).holder == AgentName("D"));
    CHECK(granted(stage.leave("D")) == Granted{"u:B"});
  }
  SECTION("a waiter ahead that is cancelled") {
    stage.grant("C", claim("c", {"c"}));
    stage.grant("D", waiting_claim("d", {"a", "c"}));
    stage.grant("B", waiting_claim("u", {"a"}));
    CHECK(granted(stage.grant("D", release("d"))) == Granted{"u:B"});
  }
  SECTION("a waiter ahead that asks for less") {
    stage.grant("C", claim("c", {"c"}));
    stage.grant("D", waiting_claim("d", {"a", "c"}));
    stage.grant("B", waiting_claim("u", {"a"}));
    CHECK(granted(stage.grant("D", waiting_claim("d", {"c"}))) == Granted{"u:B"});
    CHECK(granted(stage.grant("C", release("c"))) == Granted{"d:D"});
  }
  SECTION("a waiter ahead that is granted its task without waiting") {
    stage.grant("C", claim("c", {"c"}));
    stage.grant("D", waiting_claim("d", {"a", "c"}));
    stage.grant("B", waiting_claim("u", {"a"}));
    CHECK(granted(stage.grant("D", claim("d", {"z"}))) == Granted{"d:D", "u:B"});
  }
}

TEST_CASE("asking for more gives up the place, asking for the same keeps it", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"a", "b"}));
  stage.grant("B", waiting_claim("t1", {"a"}));
  stage.grant("C", waiting_claim("t2", {"a"}));
  ClaimTask again = waiting_claim("t1", {"./a"});
  again.note = "still";
  CHECK(queued(stage.grant("B", again)).position == 1);
  CHECK(queued(stage.grant("B", waiting_claim("t1", {"a", "b"}))).position == 2);
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"t2:C"});
}

TEST_CASE("a place among claims without files is none among claims of files", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  ClaimTask without_files = waiting_claim("t", {"a"});
  without_files.coverage = Coverage::none;
  stage.grant("B", without_files);
  stage.grant("C", waiting_claim("c", {"a"}));
  // B's first claim was in nobody's way; with the same paths for files it would be in C's.
  CHECK(queued(stage.grant("B", waiting_claim("t", {"a"}))).position == 2);
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"c:C"});
}

TEST_CASE("a waiting renewal is granted in place of the lease, and what it gives up is free",
          "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("B", claim("u", {"b"}));
  stage.grant("C", waiting_claim("c", {"a"}));
  stage.grant("A", waiting_claim("t", {"b"}));
  CHECK(stage.lease("t")->paths == Paths{"a"});
  // C came first, but only A's move makes room for it.
  CHECK(granted(stage.grant("B", release("u"))) == Granted{"t:A", "c:C"});
}

TEST_CASE("a release cancels a waiting claim", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t"));
  stage.grant("B", waiting_claim("t"));
  const auto cancelled = only<ClaimUnqueued>(stage.grant("B", release("t")));
  CHECK(cancelled.agent == AgentName("B"));
  CHECK(cancelled.why == ErrorCode::cancelled);
  stage.refuse("B", release("t"), ErrorCode::not_owner);
  CHECK(granted(stage.grant("A", release("t"))).empty());
}

TEST_CASE("a release of a task ends the waiting renewal of it too", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}));
  stage.grant("B", claim("u", {"b"}));
  stage.grant("A", waiting_claim("t", {"a", "b"}));
  stage.grant("A", release("t"));
  CHECK(granted(stage.grant("B", release("u"))).empty());
}

TEST_CASE("a waiting claim ends after the seconds it gave", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 600));
  const auto entry = queued(stage.grant("B", for_seconds(waiting_claim("u"), 10)));
  CHECK(entry.deadline == stage.clock.now().mono + std::chrono::seconds(10));
  CHECK(stage.machine.next_deadline() == entry.deadline);
  CHECK(stage.pass(9.75).empty());
  const auto ended = only<ClaimUnqueued>(stage.pass(0.25));
  CHECK(ended.agent == AgentName("B"));
  CHECK(ended.task_id == TaskId("u"));
  CHECK(ended.why == ErrorCode::wait_expired);
  CHECK(granted(stage.grant("A", release("t"))).empty());
}

TEST_CASE("seconds to wait that are no sensible number are taken for what they say",
          "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t", {"a"}, 600));
  for (const double none : {0.0, -5.0, std::numeric_limits<double>::quiet_NaN()}) {
    stage.grant("B", for_seconds(waiting_claim("u"), none));
    CHECK(count<ClaimUnqueued>(stage.pass(0)) == 1);
  }
  for (const double forever : {1e300, std::numeric_limits<double>::infinity()}) {
    stage.grant("B", for_seconds(waiting_claim("u"), forever));
    CHECK(count<ClaimUnqueued>(stage.pass(1)) == 0);
  }
}

TEST_CASE("a disconnect drops what an agent waits for, and a restart all", "[core][queue]") {
  Stage stage;
  stage.grant("A", claim("t"));
  stage.grant("B", waiting_claim("t"));
  stage.grant("B", waiting_claim("u"));
  stage.leave("B");
  CHECK(stage.machine.queue().all().empty());
  CHECK(granted(stage.grant("A", release("t"))).empty());
}

TEST_CASE("a quota that is full when a claim comes up ends its waiting", "[core][queue]") {
  Limits limits;
  limits.claims_per_agent = 1;
  Stage stage(limits);
  stage.grant("A", claim("t", {"a"}));
  stage.grant("B", waiting_claim("u", {"a"}));
  stage.grant("C", waiting_claim("v", {"a"}));
  stage.grant("B", claim("other", {"b"}));
  const auto events = stage.grant("A", release("t"));
  const auto ended = only<ClaimUnqueued>(events);
  CHECK(ended.agent == AgentName("B"));
  CHECK(ended.why == ErrorCode::claim_quota);
  // And the next in line is not held up by it.
  CHECK(granted(events) == Granted{"v:C"});
}

TEST_CASE("the queue is bounded, for each agent and in all", "[core][queue]") {
  Limits limits;
  limits.queued_claims_max = 3;
  limits.queued_claims_per_agent = 2;
  Stage stage(limits);
  stage.grant("A", claim("t"));
  stage.grant("B", waiting_claim("b1"));
  stage.grant("B", waiting_claim("b2"));
  stage.refuse("B", waiting_claim("b3"), ErrorCode::queue_full);
  stage.grant("B", waiting_claim("b2"));  // No new one.
  stage.grant("C", waiting_claim("c1"));
  stage.refuse("D", waiting_claim("d1"), ErrorCode::queue_full);
  stage.grant("C", release("c1"));
  stage.grant("D", waiting_claim("d1"));
}

TEST_CASE("a claim that is to exclude the agent's own processes is refused beside their claim",
          "[core][queue][lease]") {
  Stage stage;
  const auto fresh = [](ClaimTask command) {
    command.if_own = IfOwn::refuse;
    return command;
  };
  CHECK(granted(stage.grant("A", fresh(claim("t")))) == Granted{"t:A"});
  CHECK(stage.refuse("A", fresh(claim("t")), ErrorCode::task_held).holder == AgentName("A"));
  CHECK(stage.refuse("A", fresh(waiting_claim("t")), ErrorCode::task_held).holder ==
        AgentName("A"));
  CHECK(granted(stage.grant("A", claim("t"))) == Granted{"t:A"});

  CHECK(queued(stage.grant("B", fresh(waiting_claim("t")))).holder == AgentName("A"));
  CHECK(stage.refuse("B", fresh(waiting_claim("t")), ErrorCode::task_held).holder ==
        AgentName("B"));
  CHECK(granted(stage.grant("A", release("t"))) == Granted{"t:B"});
}
