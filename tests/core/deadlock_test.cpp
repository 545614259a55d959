// SPDX-License-Identifier: AGPL-3.0-or-later
// Agents that wait for each other: by wait_request, by queued claims, and by both.
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

WaitStarted started(const std::vector<Event>& events) { return only<WaitStarted>(events); }

// A holds a, B holds b, C holds c.
struct Three : Stage {
  Three() {
    grant("A", claim("ta", {"a"}));
    grant("B", claim("tb", {"b"}));
    grant("C", claim("tc", {"c"}));
  }
};

}  // namespace

TEST_CASE("a wait names who holds the task", "[core][deadlock]") {
  Three stage;
  const WaitStarted wait = started(stage.grant("A", wait_for("tb")));
  CHECK(wait.waiter == AgentName("A"));
  CHECK(wait.task_id == TaskId("tb"));
  CHECK(wait.holder == AgentName("B"));
}

TEST_CASE("there is nothing to wait for in a free task or one's own", "[core][deadlock]") {
  Three stage;
  stage.refuse("A", wait_for("free"), ErrorCode::nothing_to_wait_for);
  stage.refuse("A", wait_for(""), ErrorCode::nothing_to_wait_for);
  stage.refuse("A", wait_for("ta"), ErrorCode::own_task);
}

TEST_CASE("waits that would come back to the asker are refused", "[core][deadlock]") {
  Three stage;
  stage.grant("A", wait_for("tb"));
  Refusal refusal = stage.refuse("B", wait_for("ta"), ErrorCode::deadlock);
  CHECK(refusal.holder == AgentName("A"));
  stage.grant("B", wait_for("tc"));
  refusal = stage.refuse("C", wait_for("ta"), ErrorCode::deadlock);
  CHECK(refusal.holder == AgentName("A"));
  stage.refuse("C", wait_for("tb"), ErrorCode::deadlock);
  // Somebody outside the chain may wait for any of them.
  stage.grant("D", wait_for("ta"));
}

TEST_CASE("an agent waits for one task, the last it asked for", "[core][deadlock]") {
  Three stage;
  stage.grant("A", wait_for("tb"));
  stage.grant("A", wait_for("tc"));
  stage.grant("B", wait_for("ta"));
  stage.refuse("C", wait_for("tb"), ErrorCode::deadlock);  // C, B, A, C.
  CHECK(stage.machine.queue().waits().size() == 2);
}

TEST_CASE("a wait ends when its waiter is granted any claim or is handed a task",
          "[core][deadlock]") {
  Three stage;
  stage.grant("A", wait_for("tb"));
  SECTION("a claim") { stage.grant("A", claim("more", {"m"})); }
  SECTION("a renewal") { stage.grant("A", claim("ta", {"a"})); }
  SECTION("a hand-off") { stage.grant("C", HandOff{TaskId("tc"), AgentName("A"), "", {}}); }
  stage.grant("B", wait_for("ta"));
}

TEST_CASE("a wait goes with its task and with either of its ends", "[core][deadlock]") {
  Three stage;
  stage.grant("A", wait_for("tb"));
  REQUIRE(stage.machine.queue().waits().size() == 1);
  SECTION("release") { stage.grant("B", release("tb")); }
  SECTION("expiry") { stage.pass(600); }
  SECTION("the waiter leaves") { stage.leave("A"); }
  SECTION("the holder leaves") { stage.leave("B"); }
  CHECK(stage.machine.queue().waits().empty());
}

TEST_CASE("a wait follows its task to a new owner", "[core][deadlock]") {
  Three stage;
  stage.grant("A", wait_for("tb"));
  stage.grant("B", HandOff{TaskId("tb"), AgentName("C"), "", {}});
  stage.refuse("C", wait_for("ta"), ErrorCode::deadlock);
  stage.grant("B", wait_for("ta"));  // B has nothing any more that A waits for.
}

TEST_CASE("queued claims count as waiting, for holders and for those ahead", "[core][deadlock]") {
  Three stage;
  stage.grant("A", waiting_claim("a2", {"b"}));
  stage.refuse("B", wait_for("ta"), ErrorCode::deadlock);
  Refusal refusal = stage.refuse("B", waiting_claim("b2", {"a"}), ErrorCode::deadlock);
  CHECK(refusal.holder == AgentName("A"));
  CHECK(refusal.conflict_task_id == TaskId("ta"));
  stage.grant("B", waiting_claim("b2", {"c"}));
  stage.refuse("C", waiting_claim("c2", {"a"}), ErrorCode::deadlock);
  stage.grant("D", waiting_claim("d2", {"a"}));
}

TEST_CASE("a circle of two is refused with the name of both claims", "[core][deadlock]") {
  Three stage;
  stage.grant("A", waiting_claim("a2", {"b"}));
  const Refusal refusal = stage.refuse("B", waiting_claim("b2", {"a"}), ErrorCode::deadlock);
  CHECK(refusal.error.message ==
        "Waiting for task 'b2' would never end: A, who has task 'ta', already waits for task 'tb' "
        "of B; release something first.");
  // Of a longer one, as much as these two have to do with each other.
  stage.grant("B", waiting_claim("b3", {"c"}));
  CHECK(stage.refuse("C", waiting_claim("c2", {"a"}), ErrorCode::deadlock).error.message ==
        "Waiting for task 'c2' would never end: A, who has task 'ta', already waits for C; release "
        "something first.");
}

TEST_CASE("a refused circle leaves what was queued before as it was", "[core][deadlock]") {
  Three stage;
  stage.grant("A", waiting_claim("a2", {"b"}));
  stage.refuse("B", waiting_claim("b2", {"a"}), ErrorCode::deadlock);
  CHECK(stage.machine.queue().all().size() == 1);
  CHECK(only<LeaseGranted>(stage.grant("B", release("tb"))).lease.task_id == TaskId("a2"));
}

TEST_CASE("a claim that is free but promised is refused when waiting would close a circle",
          "[core][deadlock]") {
  Three stage;
  // D waits for a, and so for A; x is free, but D is to have it.
  stage.grant("D", waiting_claim("d", {"a", "x"}));
  const Refusal refusal = stage.refuse("A", waiting_claim("x", {"x"}), ErrorCode::deadlock);
  CHECK(refusal.holder == AgentName("D"));
  // Without waiting it is free.
  stage.grant("A", claim("x", {"x"}));
}

TEST_CASE("a place in the queue that is given up is no part of a circle", "[core][deadlock]") {
  Three stage;
  stage.grant("A", waiting_claim("a2", {"b", "x"}));
  stage.grant("D", claim("td", {"d"}));
  stage.grant("D", waiting_claim("d2", {"x", "c"}));  // Behind A's claim of x, and C.
  // Asking for d instead, A gives x up, and D has no reason to wait for A.
  stage.grant("A", waiting_claim("a2", {"d"}));
  CHECK(stage.machine.queue().all().size() == 2);
}

TEST_CASE("a wider claim does not creep in front of one that came after it", "[core][deadlock]") {
  Three stage;
  stage.grant("A", waiting_claim("a2", {"b"}));
  stage.grant("B", waiting_claim("b2", {"c"}));
  // At A's old place this would be in B's way while B is in A's.
  stage.grant("A", waiting_claim("a2", {"b", "c"}));
  CHECK(only<LeaseGranted>(stage.grant("C", release("tc"))).lease.owner == AgentName("B"));
}
