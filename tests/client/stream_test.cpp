// SPDX-License-Identifier: AGPL-3.0-or-later
// What an Agent sends and receives beside requests, and how all of it ends.
#include <thread>

#include "client/fake_hub.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using namespace std::chrono_literals;
using test::FakeHub;
using test::HubLine;
using test::next_chat;
using test::options_for;
using test::Script;

}  // namespace

TEST_CASE("a sent frame is completed with what it leaves out", "[client][stream]") {
  FakeHub hub;
  Json plain;
  Json full;
  Script script([&] {
    HubLine line = hub.join();
    plain = line.expect("chat");
    full = line.expect("chat");
    line.expect_end();
  });
  {
    Agent agent(options_for(hub));
    REQUIRE(agent.connect().has_value());
    CHECK(agent.send({{"type", "chat"}}).has_value());
    const Json given{{"type", "chat"}, {"target", "B"},     {"payload", "\u00e9 \ufffd"},
                     {"sender", "A"},  {"timestamp", 12.5}, {"extra", {1, 2}}};
    CHECK(agent.send(given).has_value());
  }
  script.finish();
  CHECK(plain.at("sender") == "A");
  CHECK(plain.at("target") == "all");
  CHECK(plain.at("payload") == "");
  CHECK(plain.at("timestamp").get<double>() > 1.6e9);
  CHECK(full.at("target") == "B");
  CHECK(full.at("payload") == "\u00e9 \ufffd");
  CHECK(full.at("timestamp") == 12.5);
  CHECK(full.at("extra") == Json{1, 2});
}

TEST_CASE("frames are received in order, and garbage between them does no harm",
          "[client][stream]") {
  FakeHub hub;
  Script script([&] {
    HubLine line = hub.join();
    for (const char* garbage : {"not JSON", "[1]", "5", "", "{\"type\":5}", "{\"type\":\"chat\"",
                                "{\"type\":\"error\",\"in_reply_to\":7}"}) {
      line.ws().send_text(garbage);
      line.send_chat(0, "B", "no number");
    }
    line.send_chat(1, "B", "one");
    line.send_chat(1, "B", "one");
    line.send_chat(2, "B", "two");
    line.expect_end();
  });
  Agent agent(options_for(hub));
  REQUIRE(agent.connect().has_value());
  std::vector<std::string> payloads;
  while (payloads.empty() || payloads.back() != "two") {
    const Result<Json> chat = next_chat(agent);
    REQUIRE(chat.has_value());
    if (chat->at("msg_id") != 0) payloads.push_back(chat->at("payload"));
  }
  CHECK(payloads == std::vector<std::string>{"one", "two"});
  agent.stop();
  script.finish();
}

TEST_CASE("receive waits as long as it is told", "[client][stream]") {
  FakeHub hub;
  Script script([&] { hub.join().expect_end(); });
  Agent agent(options_for(hub));
  CHECK(agent.receive(0ms).error().code == ErrorCode::timed_out);
  REQUIRE(agent.connect().has_value());
  CHECK(agent.receive(test::patience).has_value());  // The welcome.
  CHECK(agent.receive(10ms).error().code == ErrorCode::timed_out);
  agent.stop();
  script.finish();
}

TEST_CASE("frames that nobody receives are dropped, the oldest first, and counted",
          "[client][stream]") {
  FakeHub hub;
  Script script([&] {
    HubLine line = hub.join();
    for (std::uint64_t id = 1; id <= 10; ++id) line.send_chat(id, "B", std::to_string(id));
    line.expect("board_request");
    line.send("board_snapshot");
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.inbox_max = 3;
  Agent agent(options);
  REQUIRE(agent.connect().has_value());
  // The answer comes behind all of them.
  CHECK(agent.board().has_value());
  CHECK(next_chat(agent)->at("payload") == "8");
  CHECK(agent.dropped_frames() == 8);  // The welcome, too.
  agent.stop();
  script.finish();
}

TEST_CASE("a hub that knows no interest is made up for", "[client][stream]") {
  FakeHub hub;
  Script script([&] {
    HubLine line = hub.join();
    line.send("lease_expired", {{"payload", "not wanted"}});
    line.send_chat(1, "B", "not for A", {{"target", "C"}});
    line.send_chat(2, "B", "for A", {{"target", "C,A"}});
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.broadcast_types = {"presence_update"};
  options.chat = AgentOptions::Chat::addressed;
  Agent agent(options);
  REQUIRE(agent.connect().has_value());
  CHECK((*agent.receive(test::patience))->at("type") == "welcome");
  CHECK((*agent.receive(test::patience))->at("payload") == "for A");
  agent.stop();
  script.finish();
}

TEST_CASE("a callback takes the place of receive, and may send and stop", "[client][stream]") {
  FakeHub hub;
  Json answer;
  Script script([&] {
    HubLine line = hub.join();
    line.send_chat(1, "B", "question");
    answer = line.expect("chat");
    line.expect_end();
  });
  Agent agent(options_for(hub));
  bool sent = false;
  std::vector<ErrorCode> refusals;
  agent.on_frame([&](const Json& frame) {
    if (frame.at("type") != "chat") return;
    sent = agent.send({{"type", "chat"}, {"payload", "answer"}}).has_value();
    // Nothing that waits for the thread that it is on.
    refusals.push_back(agent.board().error().code);
    refusals.push_back(agent.connect().error().code);
    agent.stop();
  });
  REQUIRE(agent.connect().has_value());
  script.finish();
  CHECK(agent.receive(-1ms).error().code == ErrorCode::closed);
  CHECK(sent);
  CHECK(answer.at("payload") == "answer");
  CHECK(refusals == std::vector<ErrorCode>(2, ErrorCode::bad_argument));
}

TEST_CASE("stop from another thread ends a blocked receive and a blocked request",
          "[client][stream]") {
  FakeHub hub;
  Agent agent(options_for(hub));
  int close_code = 0;
  Script script([&] {
    HubLine line = hub.join();
    line.expect("board_request");
    agent.stop();
    agent.stop();
    line.expect_end();
    close_code = line.ws().client_close_code();
  });
  REQUIRE(agent.connect().has_value());
  std::optional<Result<Json>> received;
  Script receiving([&] { received = next_chat(agent); });
  CHECK(agent.board().error().code == ErrorCode::closed);
  receiving.finish();
  script.finish();
  CHECK(received->error().code == ErrorCode::closed);
  CHECK(close_code == 1000);
  CHECK_FALSE(agent.is_connected());
  CHECK(agent.send({{"type", "chat"}}).error().code == ErrorCode::closed);
  CHECK(agent.board().error().code == ErrorCode::closed);
  CHECK(agent.receive(-1ms).error().code == ErrorCode::closed);
}

TEST_CASE("an agent that does not reconnect is told of its loss once", "[client][stream]") {
  FakeHub hub;
  Script script([&] {
    HubLine line = hub.join();
    line.send_chat(1, "B", "last words");
    line.expect("board_request");
    line.ws().close(1001, "the hub shuts down");
  });
  Agent agent(options_for(hub));
  std::vector<std::string> told;
  agent.on_connection([&](bool connected, const Error& why) {
    told.push_back((connected ? "back: " : "lost: ") + why.message);
  });
  REQUIRE(agent.connect().has_value());
  const Result<Reply> reply = agent.board();
  REQUIRE(reply.has_error());
  CHECK(reply.error().code == ErrorCode::closed);
  CHECK_THAT(reply.error().message, Catch::Contains("1001: the hub shuts down"));
  // What came before can still be had.
  CHECK(next_chat(agent)->at("payload") == "last words");
  const Error end = agent.receive(-1ms).error();
  CHECK(end.code == ErrorCode::closed);
  CHECK_THAT(end.message, Catch::Contains("1001"));
  REQUIRE(told.size() == 1);
  CHECK_THAT(told[0], Catch::Contains("lost: ") && Catch::Contains("1001"));
  CHECK_FALSE(agent.is_connected());
  CHECK(agent.board().error().code == ErrorCode::closed);
  script.finish();
}

TEST_CASE("before connect there is nothing to send over", "[client][stream]") {
  Agent agent(AgentOptions{});
  CHECK(agent.send({{"type", "chat"}}).error().code == ErrorCode::closed);
  CHECK(agent.board().error().code == ErrorCode::closed);
  CHECK_FALSE(agent.is_connected());
}

}  // namespace synapse
