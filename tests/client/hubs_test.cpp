// SPDX-License-Identifier: AGPL-3.0-or-later
// An agent that knows several hubs of one cluster: at which of them it is, and what it takes along.
#include "client/fake_hub.hpp"
#include "support/catch.hpp"
#include "support/loopback.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using test::FakeHub;
using test::HubLine;
using test::lasting;
using test::no_history;
using test::options_for;
using test::Script;
using test::Told;

std::string nobody_listens() { return "ws://127.0.0.1:" + std::to_string(test::free_port()); }

Json claim_of(const std::string& task) {
  return {{"type", "claim"}, {"task_id", task}, {"paths", {"src"}}};
}

}  // namespace

TEST_CASE("of several hubs the first that accepts is the agent's", "[client][hubs]") {
  FakeHub hub;
  Script script([&] {
    HubLine line = hub.join();
    line.expect("board_request");
    line.send("board_snapshot");
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.uri = nobody_listens() + "," + hub.uri() + "," + nobody_listens();
  Agent agent(options);
  REQUIRE(agent.connect().has_value());
  CHECK(agent.board().has_value());
  agent.stop();
  script.finish();
}

TEST_CASE("an agent that no hub accepts is told so once all of them were asked", "[client][hubs]") {
  FakeHub hub;
  Script script([&] { hub.accept().ws().close(1013, "full"); });
  AgentOptions options = options_for(hub);
  options.uri = hub.uri() + "," + nobody_listens();
  Agent agent(options);
  const Result<> connected = agent.connect();
  REQUIRE_FALSE(connected.has_value());
  CHECK(connected.error().code == ErrorCode::unreachable);
  script.finish();
  options.uri = hub.uri() + ",http://127.0.0.1";
  CHECK(Agent(options).connect().error().code == ErrorCode::bad_argument);
}

TEST_CASE("a hub that refuses the name or the token answers for all of them", "[client][hubs]") {
  FakeHub hub;
  FakeHub other;
  Script script([&] {
    HubLine line = hub.accept();
    line.expect_greeting();
    line.send("auth_denied", {{"payload", "no"}});
    line.ws().close(4010, "no");
  });
  AgentOptions options = options_for(hub);
  options.uri = hub.uri() + "," + other.uri();
  Agent agent(options);
  CHECK(agent.connect().error().code == ErrorCode::auth_denied);
  script.finish();
}

TEST_CASE("a request under way when its hub is lost is sent to the next, with its key",
          "[client][hubs]") {
  FakeHub one;
  FakeHub two;
  std::vector<Json> sent;
  Script script([&] {
    {
      HubLine line = one.join(no_history);
      sent.push_back(line.expect("claim"));
      one.listener().close();
      line.ws().drop();
    }
    HubLine line = two.join();
    line.resume({});
    sent.push_back(line.expect("claim"));
    line.send("claim_granted", {{"task_id", "T"}, {"owner", "A"}});
    line.expect_end();
  });
  AgentOptions options = lasting(one);
  options.uri = one.uri() + "," + two.uri();
  Agent agent(options);
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  const Result<Reply> granted = agent.request(claim_of("T"));
  REQUIRE(granted.has_value());
  CHECK(granted->granted);
  CHECK_FALSE(told.next().first);
  CHECK(told.next().first);
  agent.stop();
  script.finish();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].at("idem_key") == sent[1].at("idem_key"));
}

TEST_CASE("what a hub that is cut off refuses is asked of the next, and the last one's word counts",
          "[client][hubs]") {
  FakeHub one;
  FakeHub two;
  const Json refusal{{"task_id", "T"}, {"code", "read_only"}, {"payload", "cut off"}};
  Script script([&] {
    {
      HubLine line = one.join(no_history);
      line.expect("claim");
      line.send("claim_denied", refusal);
      line.expect_end();
    }
    HubLine line = two.join();
    line.resume({});
    line.expect("claim");
    line.send("claim_denied", refusal);
    line.expect("board_request");
    line.send("board_snapshot");
    line.expect_end();
  });
  AgentOptions options = lasting(one);
  options.uri = one.uri() + "," + two.uri();
  Agent agent(options);
  REQUIRE(agent.connect().has_value());
  const Result<Reply> refused = agent.request(claim_of("T"));
  REQUIRE(refused.has_value());
  CHECK_FALSE(refused->granted);
  CHECK(agent.board().has_value());
  agent.stop();
  script.finish();
}

}  // namespace synapse
