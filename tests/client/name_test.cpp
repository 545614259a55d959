// SPDX-License-Identifier: AGPL-3.0-or-later
// Whether an Agent that comes back has its name back: other connections may hold it by then, its
// own dead one among them.
#include "client/fake_hub.hpp"
#include "support/catch.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using test::FakeHub;
using test::HubLine;
using test::lasting;
using test::next_chat;
using test::no_history;
using test::Script;
using test::Told;

}  // namespace

TEST_CASE("our own name, still held by our dead connection, is tried for again", "[client][name]") {
  FakeHub hub;
  Script script([&] {
    hub.join(no_history).ws().drop();
    {
      HubLine line = hub.accept();
      line.send("welcome");
      line.expect_greeting();
      line.send("name_conflict", {{"code", "name_conflict"}});
      line.ws().close(4009);
    }
    HubLine line = hub.join();
    line.resume({});
    line.expect_end();
  });
  Agent agent(lasting(hub));
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  CHECK(told.next().first);
  agent.stop();
  script.finish();
}

TEST_CASE("who takes names over takes its own over as well when it comes back", "[client][name]") {
  FakeHub hub;
  Json greeting;
  Script script([&] {
    hub.join(no_history).ws().drop();
    HubLine line = hub.accept();
    greeting = line.greet();
    line.resume({});
    line.expect_end();
  });
  AgentOptions options = lasting(hub);
  options.takeover = AgentOptions::Takeover::take;
  Agent agent(options);
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  CHECK(told.next().first);
  agent.stop();
  script.finish();
  CHECK(greeting.at("takeover") == true);
}

TEST_CASE("an agent whose name was taken over does not fight for it", "[client][name]") {
  FakeHub hub;
  Script script([&] {
    HubLine line = hub.join(no_history);
    line.expect("board_request");
    line.ws().close(4010, "another connection took the name over");
  });
  AgentOptions options = lasting(hub);
  options.takeover = AgentOptions::Takeover::take;
  Agent agent(options);
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  CHECK(agent.board().error().code == ErrorCode::closed);
  const auto lost = told.next();
  CHECK_FALSE(lost.first);
  CHECK(lost.second.code == ErrorCode::name_conflict);
  CHECK(next_chat(agent).error().code == ErrorCode::closed);
  script.finish();
}

TEST_CASE("an agent whose token is refused when it comes back ends", "[client][name]") {
  FakeHub hub;
  Script script([&] {
    hub.join(no_history).ws().drop();
    HubLine line = hub.accept();
    line.expect_greeting();
    line.send("auth_denied", {{"code", "auth_denied"}});
    line.ws().close(4010);
  });
  Agent agent(lasting(hub));
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  const auto ended = told.next();
  CHECK_FALSE(ended.first);
  CHECK(ended.second.code == ErrorCode::auth_denied);
  CHECK(next_chat(agent).error().code == ErrorCode::closed);
  script.finish();
}

}  // namespace synapse
