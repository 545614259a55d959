// SPDX-License-Identifier: AGPL-3.0-or-later
// Resource offers and capability cards.
#include "core/stage.hpp"

namespace {

using namespace synapse;
using namespace synapse::core;
using namespace synapse::test;

OfferResource offer(const char* kind, const char* name, std::int64_t capacity = 1) {
  return {kind, name, capacity, JsonText{}};
}

const Offer* offered(const Stage& stage, const char* agent, const char* kind, const char* name) {
  return stage.machine.offers().find({AgentName(agent), kind, name});
}

}  // namespace

TEST_CASE("an offer is kept under its agent, kind and name", "[core][offers]") {
  Stage stage;
  OfferResource command = offer("gpu", "0", 4);
  command.meta.text = R"({"ctx":8192})";
  const Offer made = only<ResourceOffered>(stage.grant("A", command)).offer;
  CHECK(made.agent == AgentName("A"));
  CHECK(made.capacity == 4);
  CHECK(made.meta == command.meta);
  CHECK(made.offered_at == stage.clock.now().wall);
  stage.grant("B", offer("gpu", "0"));
  CHECK(stage.machine.offers().all().size() == 2);
  CHECK(offered(stage, "A", "gpu", "0")->capacity == 4);
}

TEST_CASE("an offer needs a kind and a name, and has room for one at least", "[core][offers]") {
  Stage stage;
  stage.refuse("A", offer("", "name"), ErrorCode::blank_offer);
  stage.refuse("A", offer("kind", ""), ErrorCode::blank_offer);
  for (const std::int64_t capacity : {0LL, -7LL}) {
    stage.grant("A", offer("kind", "name", capacity));
    CHECK(offered(stage, "A", "kind", "name")->capacity == 1);
  }
}

TEST_CASE("an offer goes stale unless it is refreshed", "[core][offers]") {
  Stage stage;
  stage.grant("A", offer("k", "fresh", 1));
  stage.grant("A", offer("k", "stale", 1));
  CHECK(stage.pass(200).empty());
  stage.grant("A", offer("k", "fresh", 2));
  CHECK(stage.machine.offers().all().size() == 2);
  CHECK(stage.pass(99.75).empty());
  const auto lapsed = only<OfferLapsed>(stage.pass(0.25));
  CHECK(lapsed.agent == AgentName("A"));
  CHECK(lapsed.name == "stale");
  CHECK(offered(stage, "A", "k", "stale") == nullptr);
  CHECK(offered(stage, "A", "k", "fresh")->capacity == 2);
  CHECK(count<OfferLapsed>(stage.pass(200)) == 1);
}

TEST_CASE("a step of the wall clock does not touch an offer", "[core][offers]") {
  Stage stage;
  stage.grant("A", offer("k", "n"));
  stage.clock.step_wall(1e6);
  CHECK(stage.pass(299.75).empty());
  CHECK(count<OfferLapsed>(stage.pass(0.25)) == 1);
}

TEST_CASE("an agent's offers are bounded, and a refresh is no new one", "[core][offers]") {
  Limits limits;
  limits.offers_per_agent = 2;
  Stage stage(limits);
  stage.grant("A", offer("k", "1"));
  stage.grant("A", offer("k", "2"));
  stage.refuse("A", offer("k", "3"), ErrorCode::offer_quota);
  stage.grant("A", offer("k", "2", 5));
  stage.grant("B", offer("k", "3"));
  stage.pass(300);
  stage.grant("A", offer("k", "3"));
}

TEST_CASE("offers outlive their agent's connection", "[core][offers]") {
  Stage stage;
  stage.grant("A", offer("k", "n"));
  stage.leave("A");
  CHECK(offered(stage, "A", "k", "n") != nullptr);
}

TEST_CASE("a card replaces the one before and goes stale or with its agent", "[core][offers]") {
  Stage stage;
  const auto advertise = [&stage](const char* agent, const char* description) {
    Advertise command;
    command.description = description;
    command.skills = {"py"};
    return only<CardAdvertised>(stage.grant(agent, command)).card;
  };
  const Card card = advertise("A", "one");
  CHECK(card.agent == AgentName("A"));
  CHECK(card.skills == std::vector<std::string>{"py"});
  CHECK(card.advertised_at == stage.clock.now().wall);
  advertise("B", "other");
  stage.pass(100);
  advertise("A", "two");
  REQUIRE(stage.machine.cards().all().size() == 2);
  CHECK(stage.machine.cards().find(AgentName("A"))->description == "two");

  CHECK(only<CardLapsed>(stage.pass(200)).agent == AgentName("B"));
  stage.leave("A");
  CHECK(stage.machine.cards().all().empty());
  CHECK(stage.machine.next_deadline() == std::nullopt);
}
