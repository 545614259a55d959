// SPDX-License-Identifier: AGPL-3.0-or-later
// What an Agent with Reconnect::always does about lost connections.
#include "client/fake_hub.hpp"
#include "support/catch.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using namespace std::chrono_literals;
using test::chat_frame;
using test::FakeHub;
using test::HubLine;
using test::lasting;
using test::next_chat;
using test::no_history;
using test::Script;
using test::Told;

std::string payload_of(Agent& agent) {
  const Result<Json> chat = next_chat(agent);
  return chat ? chat->at("payload").get<std::string>() : chat.error().message;
}

}  // namespace

TEST_CASE("a lost connection comes back under its name, and both are told", "[client][reconnect]") {
  FakeHub hub;
  std::vector<Json> greetings(2);
  Script script([&] {
    {
      HubLine line = hub.accept();
      greetings[0] = line.greet(no_history);
      line.ws().close(1012, "back soon");
    }
    HubLine line = hub.accept();
    greetings[1] = line.greet();
    line.resume({});
    line.expect("board_request");
    line.send("board_snapshot");
    line.expect_end();
  });
  AgentOptions options = lasting(hub);
  options.name = "";
  options.token = "s3cret";
  Agent agent(options);
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  const auto lost = told.next();
  CHECK_FALSE(lost.first);
  CHECK_THAT(lost.second.message, Catch::Contains("1012: back soon"));
  const auto back = told.next();
  CHECK(back.first);
  CHECK(back.second.message == lost.second.message);
  CHECK(agent.is_connected());
  CHECK(agent.board().has_value());
  agent.stop();
  script.finish();
  // The name that the hub drew is the agent's for good, and the token is shown again.
  CHECK(greetings[0].at("sender") == "");
  CHECK(greetings[1].at("sender") == "anon-1");
  CHECK(greetings[1].at("token") == "s3cret");
}

TEST_CASE("missed chat comes once, in order, before what is live", "[client][reconnect]") {
  FakeHub hub;
  std::vector<std::uint64_t> asked;
  Script script([&] {
    {
      HubLine line = hub.join(Json::array({chat_frame(10, "B", "before A joined")}));
      line.send_chat(11, "B", "eleven");
      line.ws().drop();
    }
    HubLine line = hub.join();
    // Live before the agent knows what it missed, some of it in both.
    line.send_chat(14, "B", "fourteen");
    line.send_chat(15, "B", "fifteen");
    asked.push_back(line.resume({chat_frame(11, "B", "eleven"), chat_frame(12, "B", "twelve")},
                                {{"truncated", true}, {"since", 12}}));
    asked.push_back(
        line.resume({chat_frame(13, "B", "thirteen"), chat_frame(14, "B", "fourteen")}));
    line.send_chat(13, "B", "thirteen");
    line.send_chat(16, "B", "sixteen");
    line.expect_end();
  });
  Agent agent(lasting(hub));
  REQUIRE(agent.connect().has_value());
  for (const char* payload : {"eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"}) {
    CHECK(payload_of(agent) == payload);
  }
  agent.stop();
  script.finish();
  CHECK(asked == std::vector<std::uint64_t>{10, 12});
}

TEST_CASE("chat missed before any was seen is handed out, older is not", "[client][reconnect]") {
  FakeHub hub;
  std::uint64_t asked = 0;
  Script script([&] {
    hub.join(Json::array({chat_frame(10, "B", "before A joined")})).ws().drop();
    HubLine line = hub.join();
    asked = line.resume({chat_frame(10, "B", "before A joined"), chat_frame(11, "B", "missed")});
    line.expect_end();
  });
  Agent agent(lasting(hub));
  REQUIRE(agent.connect().has_value());
  CHECK(payload_of(agent) == "missed");
  agent.stop();
  script.finish();
  CHECK(asked == 9);
}

TEST_CASE("of missed chat too only what is wanted is handed out", "[client][reconnect]") {
  FakeHub hub;
  Script script([&] {
    hub.join(no_history).ws().drop();
    HubLine line = hub.join();
    line.resume({chat_frame(1, "B", "for C", {{"target", "C"}}), chat_frame(2, "B", "for all")});
    line.expect_end();
  });
  AgentOptions options = lasting(hub);
  options.chat = AgentOptions::Chat::addressed;
  Agent agent(options);
  REQUIRE(agent.connect().has_value());
  CHECK(payload_of(agent) == "for all");
  agent.stop();
  script.finish();
}

TEST_CASE("an agent that wants no chat asks for none", "[client][reconnect]") {
  FakeHub hub;
  Script script([&] {
    hub.join().ws().drop();
    HubLine line = hub.join();
    line.expect("board_request");
    line.send("board_snapshot");
    line.expect_end();
  });
  AgentOptions options = lasting(hub);
  options.chat = AgentOptions::Chat::none;
  Agent agent(options);
  Told told(agent);
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  CHECK(agent.board().has_value());
  agent.stop();
  script.finish();
}

TEST_CASE("a hub that starts again without its log is read from its beginning",
          "[client][reconnect]") {
  std::optional<FakeHub> hub(std::in_place);
  const std::uint16_t port = hub->port();
  const AgentOptions options = lasting(*hub);
  std::vector<std::uint64_t> asked;
  Script script([&] {
    {
      HubLine line = hub->join(Json::array({chat_frame(40, "B", "forty")}));
      line.send_chat(41, "B", "of the old hub");
      hub->listener().close();
      line.ws().drop();
    }
    FakeHub restarted(port);
    HubLine line = restarted.join();
    const std::vector<Json> all{chat_frame(1, "B", "one"), chat_frame(2, "B", "two")};
    asked.push_back(line.resume({}));
    asked.push_back(line.resume(all));
    line.send_chat(3, "B", "three");
    line.expect_end();
  });
  Agent agent(options);
  REQUIRE(agent.connect().has_value());
  CHECK(payload_of(agent) == "of the old hub");
  CHECK(payload_of(agent) == "one");
  CHECK(payload_of(agent) == "two");
  CHECK(payload_of(agent) == "three");
  agent.stop();
  script.finish();
  CHECK(asked == std::vector<std::uint64_t>{40, 0});
}

TEST_CASE("a request under way when the connection is lost is sent again with its key",
          "[client][reconnect]") {
  FakeHub hub;
  std::vector<Json> sent;
  Script script([&] {
    {
      HubLine line = hub.join(no_history);
      sent.push_back(line.expect("claim"));
      line.ws().drop();
    }
    HubLine line = hub.join();
    line.resume({});
    sent.push_back(line.expect("claim"));
    line.send("claim_granted", {{"task_id", "T"}, {"owner", "A"}});
    sent.push_back(line.expect("release"));
    line.send("release_granted", {{"task_id", "T"}, {"owner", "A"}});
    line.expect_end();
  });
  Agent agent(lasting(hub));
  REQUIRE(agent.connect().has_value());
  ClaimRequest claim;
  claim.task_id = "T";
  const Result<Reply> reply = agent.claim(claim);
  REQUIRE(reply.has_value());
  CHECK(reply->granted);
  CHECK(agent.release("T").has_value());
  agent.stop();
  script.finish();
  CHECK(sent[0] == sent[1]);
  CHECK(sent[1].at("idem_key") != sent[2].at("idem_key"));
}

TEST_CASE("a chat that did arrive is found among what was missed, and not sent twice",
          "[client][reconnect]") {
  FakeHub hub;
  Script script([&] {
    Json chat;
    {
      HubLine line = hub.join(no_history);
      chat = line.expect("chat");
      line.ws().drop();
    }
    HubLine line = hub.join();
    chat["msg_id"] = 2;
    line.resume({chat_frame(1, "B", "earlier"), chat, chat_frame(3, "B", "later")});
    line.expect_end();
  });
  Agent agent(lasting(hub));
  REQUIRE(agent.connect().has_value());
  const Result<Reply> reply = agent.chat("all", "hello");
  REQUIRE(reply.has_value());
  CHECK(reply->frame->at("msg_id") == 2);
  CHECK(payload_of(agent) == "earlier");
  CHECK(payload_of(agent) == "later");
  agent.stop();
  script.finish();
}

TEST_CASE("a request made while there is no connection waits for one, as long as it has time",
          "[client][reconnect]") {
  std::optional<FakeHub> hub(std::in_place);
  const AgentOptions options = lasting(*hub);
  Agent agent(options);
  Told told(agent);
  Script script([&] {
    HubLine line = hub->join(no_history);
    hub->listener().close();
    line.ws().drop();
  });
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  script.finish();
  CHECK(agent.send({{"type", "chat"}}).error().code == ErrorCode::closed);
  const Result<Reply> reply = agent.request({{"type", "board_request"}}, 10ms);
  REQUIRE(reply.has_error());
  CHECK(reply.error().code == ErrorCode::timed_out);
  CHECK_THAT(reply.error().message, Catch::Contains("could not be sent"));

  FakeHub again(hub->port());
  Script back([&] {
    HubLine line = again.join();
    line.resume({});
    line.expect("board_request");
    line.send("board_snapshot");
    line.expect_end();
  });
  CHECK(agent.board().has_value());
  agent.stop();
  back.finish();
}

TEST_CASE("the first connect is not tried again", "[client][reconnect]") {
  FakeHub hub;
  Script script([&] { hub.listener().refuse(503); });
  Agent agent(lasting(hub));
  CHECK(agent.connect().error().code == ErrorCode::unreachable);
  script.finish();
}

TEST_CASE("stop ends the rest between two tries", "[client][reconnect]") {
  std::optional<FakeHub> hub(std::in_place);
  Agent agent(lasting(*hub));
  Told told(agent);
  Script script([&] {
    HubLine line = hub->join(no_history);
    hub->listener().close();
    line.ws().drop();
  });
  REQUIRE(agent.connect().has_value());
  CHECK_FALSE(told.next().first);
  script.finish();
  agent.stop();
  CHECK(next_chat(agent).error().code == ErrorCode::closed);
}

}  // namespace synapse
