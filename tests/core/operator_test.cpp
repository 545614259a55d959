// SPDX-License-Identifier: AGPL-3.0-or-later
// What operators may do in others' place, and how it is told apart from what those do themselves.
#include "core/operator_rules.hpp"
#include "core/stage.hpp"
#include "support/catch.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

constexpr const char* ann = "operator:ann/0a1b";

Outcome seat(Stage& stage, const char* name, Seating seating) {
  SeatWish wish;
  wish.name = AgentName(name);
  wish.seating = seating;
  wish.kind = SeatKind::page;
  return stage.actors.bind(std::move(wish), stage.clock.now());
}

struct OperatorStage : Stage {
  OperatorStage() {
    REQUIRE_FALSE(seat(*this, ann, Seating::operating).refusal);
    (void)actors.speak(AgentName(ann), clock.now());
  }
};

OperatorActed acted(const std::vector<Event>& events) { return only<OperatorActed>(events); }

}  // namespace

TEST_CASE("an operator releases an agent's claim as if the agent did, and signs",
          "[core][operator]") {
  OperatorStage stage;
  (void)stage.grant("A", claim("T"));
  (void)stage.grant("B", waiting_claim("U"));
  const std::vector<Event> events = stage.grant(ann, release("T"));
  const auto released = std::get<LeaseReleased>(events.front());
  CHECK(released.owner == AgentName("A"));
  CHECK(released.task_id == TaskId("T"));
  const OperatorActed by = acted(events);
  CHECK(by.by == AgentName(ann));
  CHECK(by.action == "release");
  CHECK(by.agent == AgentName("A"));
  CHECK(sentence(by) == "operator:ann/0a1b released 'T' of A");
  CHECK(stage.owner("T").empty());
  CHECK(stage.owner("U") == "B");

  // What its own agent does is signed by nobody.
  for (const Event& event : stage.grant("B", release("U"))) {
    CHECK_FALSE(std::holds_alternative<OperatorActed>(event));
  }
}

TEST_CASE("an operator renews a claim, which stays its agent's under its epoch",
          "[core][operator]") {
  OperatorStage stage;
  (void)stage.grant("A", claim("T", {"a"}, 60));
  const Epoch epoch = stage.lease("T")->epoch;
  const std::vector<Event> events = stage.grant(ann, RenewLease{TaskId("T"), 900, std::nullopt});
  CHECK(std::get<LeaseRenewed>(events.front()).lease.owner == AgentName("A"));
  CHECK(acted(events).action == "renew");
  CHECK(stage.lease("T")->epoch == epoch);
  (void)stage.pass(800);
  CHECK(stage.owner("T") == "A");
}

TEST_CASE("an operator hands a claim over to an agent that is there, and to no operator",
          "[core][operator]") {
  OperatorStage stage;
  (void)stage.grant("A", claim("T"));
  const auto hand_over = [](const char* to) {
    return HandOff{TaskId("T"), AgentName(to), "go on", std::nullopt};
  };
  (void)stage.refuse(ann, hand_over(ann), ErrorCode::target_offline);
  (void)stage.refuse(ann, hand_over("nobody"), ErrorCode::target_offline);
  (void)stage.refuse(ann, hand_over("A"), ErrorCode::target_is_owner);
  const std::vector<Event> events = stage.grant(ann, hand_over("B"));
  CHECK(std::get<LeaseHandedOff>(events.front()).previous_owner == AgentName("A"));
  CHECK(only<ProgressPosted>(events).note.author == "A");
  const OperatorActed by = acted(events);
  CHECK(by.agent == AgentName("A"));
  CHECK(by.to == AgentName("B"));
  CHECK(by.note == "go on");
  CHECK(stage.owner("T") == "B");
}

TEST_CASE("an operator ends a wait in the queue, and its agent is told why", "[core][operator]") {
  OperatorStage stage;
  (void)stage.grant("A", claim("T"));
  (void)stage.grant("B", waiting_claim("T"));
  const EndWait end{AgentName("B"), TaskId("T"), "take the docs"};
  const std::vector<Event> events = stage.grant(ann, end);
  CHECK(acted(events).action == "end_wait");
  CHECK(acted(events).agent == AgentName("B"));
  CHECK(only<ClaimUnqueued>(events).said == "take the docs");
  CHECK(stage.machine.queue().all().empty());
  (void)stage.refuse(ann, end, ErrorCode::nothing_to_wait_for);
}

TEST_CASE("an operator ends a wait that an agent said it has", "[core][operator]") {
  OperatorStage stage;
  (void)stage.grant("A", claim("T"));
  (void)stage.grant("B", wait_for("T"));
  (void)stage.refuse(ann, EndWait{AgentName("B"), TaskId("U"), ""}, ErrorCode::nothing_to_wait_for);
  const std::vector<Event> events = stage.grant(ann, EndWait{AgentName("B"), TaskId("T"), ""});
  REQUIRE(events.size() == 1);
  CHECK(acted(events).agent == AgentName("B"));
  CHECK(stage.machine.queue().waits().empty());
}

TEST_CASE("an operator declares and changes tasks of the plan", "[core][operator]") {
  OperatorStage stage;
  const std::vector<Event> declared =
      stage.grant(ann, DeclarePlanTask{TaskId("P"), "title", "", {}, "A"});
  CHECK(only<PlanTaskDeclared>(declared).task.created_by == ann);
  CHECK(acted(declared).action == "ledger_task");
  CHECK(acted(declared).agent.empty());
  CHECK(acted(stage.grant(ann, UpdatePlanTask{TaskId("P"), "done", std::nullopt})).action ==
        "ledger_task_update");
  CHECK(acted(stage.grant(ann, ForgetPlanTask{TaskId("P")})).action == "ledger_forget");
  (void)stage.refuse(ann, ForgetPlanTask{TaskId("P")}, ErrorCode::unknown_task);
}

TEST_CASE("an operator speaks, and claims, waits and offers nothing", "[core][operator]") {
  OperatorStage stage;
  CHECK(only<ChatPosted>(stage.grant(ann, PostChat{"A", "{}", std::nullopt})).message.sender ==
        AgentName(ann));
  (void)stage.grant("A", claim("T"));
  for (const Command& command :
       {Command(claim("U")), Command(wait_for("T")), Command(OfferResource{"gpu", "g", 1, {}}),
        Command(Advertise{}), Command(SaveCheckpoint{TaskId("T"), "x", std::nullopt}),
        Command(UpdateTask{TaskId("T"), "done", {}, {}, {}, {}}),
        Command(ExtendLease{TaskId("T"), {"b"}, {}, {}})}) {
    (void)stage.refuse(ann, command, ErrorCode::observing);
  }
  (void)stage.refuse(ann, release("none"), ErrorCode::not_claimed);
  (void)stage.refuse(ann, ReleaseTask{TaskId("T"), 99}, ErrorCode::stale_epoch);
}

TEST_CASE("nobody else does in others' place what operators do", "[core][operator]") {
  OperatorStage stage;
  (void)stage.grant("A", claim("T"));
  (void)stage.grant("B", waiting_claim("T"));
  (void)stage.refuse("C", EndWait{AgentName("B"), TaskId("T"), ""}, ErrorCode::auth_denied);
  (void)stage.refuse("C", release("T"), ErrorCode::not_owner);
  CHECK(stage.machine.queue().all().size() == 1);
}

TEST_CASE("a name of operators is theirs alone, and they have no other", "[core][operator]") {
  Stage stage;
  const char* const name = GENERATE("operator:x", "operator:", "OPERATOR:x/1", "Operator:y");
  const Seating seating = GENERATE(Seating::alone, Seating::attached);
  const Outcome refused = seat(stage, name, seating);
  REQUIRE(refused.refusal);
  CHECK(refused.refusal->error.code == ErrorCode::invalid_name);
  CHECK(refused.refusal->error.message.find("operators' token") != std::string::npos);
  REQUIRE(seat(stage, "E", Seating::operating).refusal);
  CHECK_FALSE(seat(stage, "operators", seating).refusal);
}

TEST_CASE("an operator leaves nothing behind", "[core][operator]") {
  OperatorStage stage;
  (void)stage.grant(ann, PostChat{"all", "{}", std::nullopt});
  CHECK(stage.machine.presence().is_online(AgentName(ann)));
  for (const Event& event : stage.leave(ann)) CHECK(std::holds_alternative<AgentLeft>(event));
  CHECK(stage.machine.seats().of(AgentName(ann)).empty());
  CHECK(stage.machine.seats().former_owners() == 0);
}

TEST_CASE("what a replay is told of an operator changes nothing but a wait", "[core][operator]") {
  Stage stage;
  (void)stage.grant("A", claim("T"));
  (void)stage.grant("B", wait_for("T"));
  const std::string before = stage.machine.save();
  OperatorActed told{AgentName(ann), "release", AgentName("B"), TaskId("T"), AgentName(), ""};
  stage.machine.replay(told);
  CHECK((stage.machine.save() == before));
  told.action = "end_wait";
  stage.machine.replay(told);
  CHECK(stage.machine.queue().waits().empty());
}
