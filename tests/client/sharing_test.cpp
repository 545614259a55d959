// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether the connections of one agent get along: what each says it is, what a command does at a
// hub that can't let it in beside the others, and what becomes of an agent whose name is in use.
#include "client/fake_hub.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using Kind = AgentOptions::Kind;
using test::FakeHub;
using test::HubLine;
using test::lasting;
using test::no_history;
using test::options_for;
using test::Script;
using test::Told;

AgentOptions of_kind(const FakeHub& hub, Kind kind) {
  AgentOptions options = options_for(hub);
  options.kind = kind;
  return options;
}

// The first frame of an agent with these options.
Json first_frame_of(FakeHub& hub, const AgentOptions& options) {
  Json first;
  Script script([&] {
    HubLine line = hub.accept();
    first = line.greet();
    line.expect_end();
  });
  {
    Agent agent(options);
    REQUIRE(agent.connect().has_value());
  }
  script.finish();
  return first;
}

void refuse(FakeHub& hub, const Json& welcome, const Json& why) {
  HubLine line = hub.accept();
  line.send("welcome", welcome);
  line.expect_greeting();
  line.send("name_conflict", why);
  line.ws().close(4009);
}

const Json in_use{{"code", "name_in_use"}, {"suggested_name", "A-2"}};

}  // namespace

TEST_CASE("a connection says what it is to the agent whose name it takes", "[client][sharing]") {
  FakeHub hub;
  const Json command = first_frame_of(hub, of_kind(hub, Kind::command));
  CHECK(command.at("attach") == true);
  CHECK(command.at("kind") == "command");
  CHECK_FALSE(command.contains("instance"));
  CHECK_FALSE(command.contains("exclusive"));

  const Json agent = first_frame_of(hub, of_kind(hub, Kind::agent));
  CHECK(agent.at("kind") == "agent");
  const std::string instance = agent.at("instance");
  CHECK((instance.size() >= 16 && instance.size() <= 64));
  CHECK(first_frame_of(hub, of_kind(hub, Kind::agent)).at("instance") != instance);

  AgentOptions alone = options_for(hub);
  alone.sharing = AgentOptions::Sharing::alone;
  const Json lone = first_frame_of(hub, alone);
  CHECK(lone.at("exclusive") == true);
  CHECK(lone.at("attach") == true);
}

TEST_CASE("an agent that comes back says that it is the same", "[client][sharing]") {
  FakeHub hub;
  Json before;
  Json after;
  Script script([&] {
    HubLine first = hub.accept();
    before = first.greet(no_history);
    first.ws().drop();
    HubLine second = hub.accept();
    after = second.greet();
    second.resume({});
    second.expect_end();
  });
  Agent agent(lasting(hub));
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  CHECK(told.next().first);
  agent.stop();
  script.finish();
  CHECK(before.at("instance") == after.at("instance"));
}

TEST_CASE("an observer asks without a name", "[client][sharing]") {
  FakeHub hub;
  Json first;
  Json question;
  Script script([&] {
    HubLine line = hub.accept();
    line.send("welcome", {{"features", {"attach", "observe"}}});
    first = line.expect("heartbeat");
    CHECK_FALSE(line.expect("who_request").contains("sender"));
    line.send("who_snapshot", {{"target", "self"}, {"features", {"attach", "observe"}}});
    question = line.expect("state_request");
    line.send("state_snapshot", {{"target", "self"}, {"snapshot", Json::object()}});
    line.expect_end();
  });
  {
    Agent agent(of_kind(hub, Kind::observer));
    CHECK_FALSE(agent.has_feature("observe"));
    REQUIRE(agent.connect().has_value());
    CHECK(agent.has_feature("observe"));
    CHECK_FALSE(agent.has_feature("receipts"));
    CHECK(agent.name().empty());
    REQUIRE(agent.state().has_value());
  }
  script.finish();
  CHECK(first.at("observe") == true);
  CHECK_FALSE(first.contains("sender"));
  CHECK_FALSE(first.contains("attach"));
  CHECK_FALSE(question.contains("sender"));
}

TEST_CASE("an observer goes by the name that a hub of the first version draws for it",
          "[client][sharing]") {
  FakeHub hub;
  Json question;
  Script script([&] {
    HubLine line = hub.accept();
    line.send("welcome");
    line.expect("heartbeat");
    line.expect("who_request");
    line.send("who_snapshot", {{"target", "anon-7"}});
    question = line.expect("state_request");
    line.send("state_snapshot", {{"snapshot", Json::object()}});
    line.expect_end();
  });
  {
    Agent agent(of_kind(hub, Kind::observer));
    REQUIRE(agent.connect().has_value());
    REQUIRE(agent.state().has_value());
  }
  script.finish();
  CHECK(question.at("sender") == "anon-7");
}

TEST_CASE("a command waits for its turn at a hub that gives a name to one socket at a time",
          "[client][sharing]") {
  FakeHub hub;
  Script script([&] {
    refuse(hub, Json::object(), Json::object());
    refuse(hub, Json::object(), Json::object());
    hub.join().expect_end();
  });
  Agent agent(of_kind(hub, Kind::command));
  CHECK(agent.connect().has_value());
  agent.stop();
  script.finish();
}

TEST_CASE("a command whose turn does not come in time is told that the name is held",
          "[client][sharing]") {
  FakeHub hub;
  Script script([&] {
    refuse(hub, Json::object(), Json::object());
    HubLine line = hub.accept();
    line.expect_greeting();
    line.expect_end();
  });
  AgentOptions options = of_kind(hub, Kind::command);
  options.ready_timeout = std::chrono::seconds(1);
  Agent agent(options);
  CHECK(agent.connect().error().code == ErrorCode::name_conflict);
  script.finish();
}

TEST_CASE("nobody waits for a turn that will not come", "[client][sharing]") {
  FakeHub hub;
  const Json attaches{{"features", {"attach"}}};
  Json welcome = Json::object();
  Json refusal = Json::object();
  AgentOptions options = of_kind(hub, Kind::command);
  SECTION("at a hub where another principal has the name") { welcome = attaches; }
  SECTION("at a guarded one, which says what it can with the refusal") { refusal = attaches; }
  SECTION("as an agent, beside one that may stay for days") { options.kind = Kind::agent; }
  SECTION("for a name that is to be its own alone") {
    options.sharing = AgentOptions::Sharing::alone;
  }
  Script script([&] { refuse(hub, welcome, refusal); });
  Agent agent(options);
  CHECK(agent.connect().error().code == ErrorCode::name_conflict);
  CHECK(agent.suggested_name().empty());
  script.finish();
}

TEST_CASE("an agent whose name is in use goes on under the name that the hub suggests",
          "[client][sharing]") {
  FakeHub hub;
  Json first;
  Script script([&] {
    refuse(hub, {{"features", {"attach"}}}, in_use);
    HubLine line = hub.accept();
    first = line.greet();
    line.expect_end();
  });
  {
    Agent agent(options_for(hub));
    CHECK(agent.connect().error().code == ErrorCode::name_conflict);
    REQUIRE(agent.suggested_name() == "A-2");
    REQUIRE(agent.connect_as(agent.suggested_name()).has_value());
    CHECK(agent.name() == "A-2");
    CHECK(agent.connect_as("B").error().code == ErrorCode::bad_argument);
  }
  script.finish();
  CHECK(first.at("sender") == "A-2");
}

TEST_CASE("an agent that has lost its name to another process ends, and does not try on",
          "[client][sharing]") {
  FakeHub hub;
  Script script([&] {
    hub.join(no_history).ws().drop();
    refuse(hub, {{"features", {"attach"}}}, in_use);
  });
  Agent agent(lasting(hub));
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  const auto ended = told.next();
  CHECK_FALSE(ended.first);
  CHECK(ended.second.code == ErrorCode::name_conflict);
  CHECK(agent.suggested_name() == "A-2");
  script.finish();
}

}  // namespace synapse
