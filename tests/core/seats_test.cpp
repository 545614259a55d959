// SPDX-License-Identifier: AGPL-3.0-or-later
// Sockets that attach: whose a name is, and what of one that went is there for the next:
// docs/protocol.md, Names.
#include "core/stage.hpp"
#include "support/result_text.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

const AgentName sharer("E");
const RequestKey asked_once{"claim", "k", "d"};

SeatWish attaching(SeatKind kind, const char* instance = "", Principal principal = {}) {
  SeatWish seat;
  seat.name = sharer;
  seat.seating = Seating::attached;
  seat.kind = kind;
  seat.instance = instance;
  seat.principal = std::move(principal);
  return seat;
}

// Its place in the queue behind A's claim is kept.
void fall_silent(Stage& stage, const ClaimTask& command, const RequestKey& request,
                 const Principal& principal = {}) {
  (void)stage.actors.bind(attaching(SeatKind::waiter, "", principal), stage.clock.now());
  const Outcome outcome = stage.actors.act(sharer, command, stage.clock.now(), request);
  REQUIRE(count<ClaimQueued>(outcome.events) == 1);
  (void)stage.actors.leave(sharer, stage.clock.now(), Parting::lost);
}

}  // namespace

TEST_CASE("a user of another machine is another one", "[core][seats]") {
  const Principal one{"here", 1000, ""};
  CHECK(is_same(one, {"here", 1000, "token"}));
  CHECK_FALSE(is_same(one, {"here", 1001, ""}));
  CHECK_FALSE(is_same(one, {"10.0.0.2", 1000, ""}));
}

TEST_CASE("a name that is kept for another process is not suggested", "[core][seats]") {
  Stage stage;
  SeatWish second = attaching(SeatKind::agent, "i2");
  second.name = AgentName("E-2");
  (void)stage.actors.bind(second, stage.clock.now());
  (void)stage.actors.leave(second.name, stage.clock.now(), Parting::lost);
  (void)stage.actors.bind(attaching(SeatKind::agent, "i1"), stage.clock.now());
  const auto suggested = [&stage] {
    const Outcome outcome = stage.actors.bind(attaching(SeatKind::agent, "i3"), stage.clock.now());
    REQUIRE(outcome.refusal);
    return outcome.refusal->suggested_name;
  };
  CHECK(suggested() == AgentName("E-3"));
  static_cast<void>(stage.pass(21));
  CHECK(suggested() == AgentName("E-2"));
}

TEST_CASE("what a process asked for is answered to the socket that it came back with",
          "[core][seats]") {
  Stage stage;
  stage.grant("A", claim("t"));
  (void)stage.actors.bind(attaching(SeatKind::agent, "i1"), stage.clock.now());
  (void)stage.actors.act(sharer, waiting_claim("t"), stage.clock.now());
  const Outcome back = stage.actors.bind(attaching(SeatKind::agent, "i1"), stage.clock.now());
  REQUIRE(back.evicted.size() == 1);
  const Outcome outcome = stage.run("A", release("t"));
  REQUIRE(stage.owner("t") == "E");
  REQUIRE(outcome.late_answers.size() == 1);
  CHECK(outcome.late_answers.begin()->second == stage.actors.session_of(sharer));
}

TEST_CASE("a place without a key is not kept, for nobody could ask for it again", "[core][seats]") {
  Stage stage;
  stage.grant("A", claim("t"));
  fall_silent(stage, waiting_claim("t"), {});
  CHECK(stage.machine.queue().all().empty());
}

TEST_CASE("a place that is kept is taken up by whoever it is kept for", "[core][seats]") {
  Stage stage;
  stage.grant("A", claim("t"));
  const Principal own{"here", 1000, ""};
  fall_silent(stage, waiting_claim("t"), asked_once, own);
  (void)stage.run("B", waiting_claim("t"));
  const auto owner_after = [&](const Principal& principal) {
    (void)stage.actors.bind(attaching(SeatKind::waiter, "", principal), stage.clock.now());
    (void)stage.actors.act(sharer, waiting_claim("t"), stage.clock.now(), asked_once);
    stage.grant("A", release("t"));
    return stage.owner("t");
  };
  SECTION("the same") { CHECK(owner_after(own) == "E"); }
  SECTION("another") { CHECK(owner_after({"here", 1001, ""}) == "B"); }
}

TEST_CASE("a place whose claim is refused when it is taken up is given up", "[core][seats]") {
  Limits limits;
  limits.claims_per_agent = 1;
  Stage stage(limits);
  stage.grant("A", claim("t"));
  fall_silent(stage, waiting_claim("t"), asked_once);
  (void)stage.actors.bind(attaching(SeatKind::waiter), stage.clock.now());
  (void)stage.actors.act(sharer, claim("u", {"u"}), stage.clock.now());
  REQUIRE(stage.owner("u") == "E");
  stage.grant("A", release("t"));
  const Outcome outcome =
      stage.actors.act(sharer, waiting_claim("t"), stage.clock.now(), asked_once);
  REQUIRE(outcome.refusal);
  CHECK(stage.machine.queue().all().empty());
}

TEST_CASE("whoever sits under the name of another clears none of its dead letters",
          "[core][seats]") {
  Limits limits;
  limits.mailbox_messages_max = 1;
  Stage stage(limits);
  SeatWish owner = attaching(SeatKind::agent);
  owner.seating = Seating::alone;
  owner.principal = {"here", 1000, ""};
  SeatWish stranger = owner;
  stranger.principal = {"here", 1001, ""};
  (void)stage.actors.bind(owner, stage.clock.now());
  const auto say = [&stage](const AgentName& from, const char* to) {
    PostChat chat{to, "{}", std::nullopt};
    (void)stage.actors.act(from, chat, stage.clock.now());
  };
  say(sharer, "B");
  say(sharer, "B");
  say(AgentName("A"), "E");
  REQUIRE(stage.machine.mail().dead().size() == 1);
  (void)stage.actors.leave(sharer, stage.clock.now());
  (void)stage.actors.bind(stranger, stage.clock.now());
  const Outcome outcome = stage.actors.act(sharer, ClearLetters{}, stage.clock.now());
  REQUIRE(outcome.refusal);
  CHECK(outcome.refusal->error.code == ErrorCode::not_owner);
}

TEST_CASE("who had a name has the mail that comes for it, though the hub was loaded meanwhile",
          "[core][seats]") {
  Stage stage;
  SeatWish owner = attaching(SeatKind::agent);
  owner.principal = {"here", 1000, ""};
  (void)stage.actors.bind(owner, stage.clock.now());
  (void)stage.actors.speak(sharer, stage.clock.now());
  (void)stage.actors.leave(sharer, stage.clock.now());
  const auto loaded = Machine::load(stage.machine.save());
  REQUIRE(loaded);
  Machine& machine = **loaded;
  stage.actors.move_to(machine);
  (void)stage.actors.join(AgentName("F"), stage.clock.now());
  const Principal stranger{"here", 1001, ""};
  CHECK(machine.seats().may_use(stranger, sharer));
  (void)stage.actors.act(AgentName("F"), PostChat{"E", "{}", std::nullopt}, stage.clock.now());
  CHECK_FALSE(machine.seats().may_use(stranger, sharer));
  CHECK(machine.seats().may_use(owner.principal, sharer));
}
