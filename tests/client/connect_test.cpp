// SPDX-License-Identifier: AGPL-3.0-or-later
// How an Agent comes to be connected, or learns why it is not.
#include <thread>

#include "client/fake_hub.hpp"
#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "support/loopback.hpp"
#include "synapse/agent.hpp"

namespace synapse {
namespace {

using namespace std::chrono_literals;
using test::FakeHub;
using test::HubLine;
using test::options_for;
using test::Script;
using test::ThrowawayCertificate;

Error failure_of(const AgentOptions& options) {
  Agent agent(options);
  const Result<> connected = agent.connect();
  REQUIRE(connected.has_error());
  CHECK_FALSE(agent.is_connected());
  return connected.error();
}

// How connect() fails at a hub that greets with that frame, and closes with that code if there is
// one.
Error failure_after(const std::string& type, const Json& fields, std::uint16_t code) {
  FakeHub hub;
  Script script([&] {
    HubLine line = hub.accept();
    line.send("welcome");
    line.expect_greeting();
    line.send(type, fields);
    if (code != 0) line.ws().send_close(code, "goodbye");
    line.expect_end();
  });
  const Error error = failure_of(options_for(hub));
  script.finish();
  return error;
}

}  // namespace

TEST_CASE("an agent is connected once the hub has answered its name", "[client][connect]") {
  FakeHub hub;
  Json first;
  Script script([&] {
    HubLine line = hub.accept();
    first = line.greet();
    line.expect_end();
  });
  {
    Agent agent(options_for(hub));
    CHECK_FALSE(agent.is_connected());
    REQUIRE(agent.connect().has_value());
    CHECK(agent.is_connected());
    CHECK(agent.name() == "A");
    CHECK(agent.connect().has_value());
  }
  script.finish();
  CHECK(first.at("sender") == "A");
  CHECK(first.at("target") == "System");
  CHECK(first.at("timestamp").is_number_float());
  CHECK_FALSE(first.contains("token"));
  CHECK_FALSE(first.contains("takeover"));
  CHECK_FALSE(first.contains("interest"));
}

TEST_CASE("heartbeat and who_request leave in one write", "[client][connect]") {
  FakeHub hub;
  unsigned segments = 0;
  Script script([&] {
    HubLine line = hub.accept();
    line.expect_greeting();
    segments = line.ws().segments_received();
    line.send("who_snapshot");
    line.expect_end();
  });
  {
    Agent agent(options_for(hub));
    REQUIRE(agent.connect().has_value());
  }
  script.finish();
  constexpr unsigned upgrade = 1;
  CHECK(segments == upgrade + 1);
}

TEST_CASE("the first frame carries the token, the takeover and what is to be sent",
          "[client][connect]") {
  FakeHub hub;
  Json first;
  Script script([&] {
    HubLine line = hub.accept();
    first = line.greet();
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.token = "s3cret";
  options.takeover = AgentOptions::Takeover::take;
  options.broadcast_types = {"presence_update"};
  options.chat = AgentOptions::Chat::addressed;
  {
    Agent agent(options);
    REQUIRE(agent.connect().has_value());
  }
  script.finish();
  CHECK(first.at("token") == "s3cret");
  CHECK(first.at("takeover") == true);
  CHECK(first.at("interest") == Json{{"types", {"presence_update"}}, {"chat", "addressed"}});
}

TEST_CASE("an agent may ask for the chat of other names than its own", "[client][connect]") {
  FakeHub hub;
  Json first;
  Script script([&] {
    HubLine line = hub.accept();
    first = line.greet();
    // A hub that knows no interest sends all.
    line.send_chat(1, "B", "for its own name", {{"target", line.name}});
    line.send_chat(2, "B", "for C", {{"target", "C"}});
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.chat = AgentOptions::Chat::addressed;
  options.chat_names = {"C"};
  {
    Agent agent(options);
    REQUIRE(agent.connect().has_value());
    const Result<Json> chat = test::next_chat(agent);
    REQUIRE(chat.has_value());
    CHECK(chat->at("payload") == "for C");
  }
  script.finish();
  CHECK(first.at("interest").at("names") == Json{"C"});
}

TEST_CASE("to narrow the chat alone leaves all other broadcasts", "[client][connect]") {
  FakeHub hub;
  Json first;
  Script script([&] {
    HubLine line = hub.accept();
    first = line.greet();
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.chat = AgentOptions::Chat::none;
  {
    Agent agent(options);
    REQUIRE(agent.connect().has_value());
  }
  script.finish();
  const Json& types = first.at("interest").at("types");
  CHECK(types.size() == 18);
  for (const char* type : {"lease_expired", "lease_extended", "unclaimed_write"}) {
    INFO(type);
    CHECK(std::find(types.begin(), types.end(), type) != types.end());
  }
  CHECK(std::find(types.begin(), types.end(), "chat") == types.end());
}

TEST_CASE("an agent without a name learns the one that the hub drew", "[client][connect]") {
  FakeHub hub;
  Json first;
  Json second;
  Script script([&] {
    HubLine line = hub.accept();
    first = line.greet();
    second = line.expect("board_request");
    line.send("board_snapshot");
    line.expect_end();
  });
  AgentOptions options = options_for(hub);
  options.name = "";
  {
    Agent agent(options);
    REQUIRE(agent.connect().has_value());
    CHECK(agent.name() == "anon-1");
    CHECK(agent.board().has_value());
  }
  script.finish();
  CHECK(first.at("sender") == "");
  CHECK(second.at("sender") == "anon-1");
}

TEST_CASE("a taken name is told after the welcome", "[client][connect]") {
  const Error error =
      failure_after("name_conflict", {{"payload", "A is taken"}, {"code", "name_conflict"}}, 4009);
  CHECK(error.code == ErrorCode::name_conflict);
  CHECK(error.message == "A is taken");
}

TEST_CASE("a refused token is told after the welcome, codes or not", "[client][connect]") {
  const Error error = failure_after("auth_denied", {{"payload", "no"}}, 4010);
  CHECK(error.code == ErrorCode::auth_denied);
  CHECK(error.message == "no");
}

TEST_CASE("a refused first frame is told with its code while the socket stays open",
          "[client][connect]") {
  CHECK(failure_after("error", {{"code", "invalid_name"}}, 0).code == ErrorCode::invalid_name);
  CHECK(failure_after("error", {{"code", "host_rate_limited"}}, 0).code ==
        ErrorCode::host_rate_limited);
  CHECK(failure_after("error", Json::object(), 0).code == ErrorCode::closed);
}

TEST_CASE("a close code without a frame is told as well", "[client][connect]") {
  struct Case {
    std::uint16_t code;
    ErrorCode error;
    const char* text;
  };
  for (const Case& each :
       {Case{4009, ErrorCode::name_conflict, "'A'"}, Case{4010, ErrorCode::auth_denied, "token"},
        Case{4013, ErrorCode::closed, "4013: goodbye"},
        Case{4014, ErrorCode::closed, "4014: goodbye"}}) {
    FakeHub hub;
    Script script([&] {
      HubLine line = hub.accept();
      line.expect_greeting();
      line.ws().close(each.code, "goodbye");
    });
    const Error error = failure_of(options_for(hub));
    script.finish();
    CHECK(error.code == each.error);
    CHECK_THAT(error.message, Catch::Contains(each.text));
  }
}

TEST_CASE("a hub that does not answer in time is given up", "[client][connect]") {
  FakeHub hub;
  AgentOptions options = options_for(hub);
  options.ready_timeout = 50ms;
  SECTION("before the upgrade") { CHECK(failure_of(options).code == ErrorCode::timed_out); }
  SECTION("before the acceptance") {
    Script script([&] {
      HubLine line = hub.accept();
      line.send("welcome");
      line.expect_greeting();
      line.expect_end();
    });
    CHECK(failure_of(options).code == ErrorCode::timed_out);
    script.finish();
  }
}

TEST_CASE("a hub that is not there is unreachable, a bad URI or name a bad argument",
          "[client][connect]") {
  AgentOptions options;
  options.uri = "ws://127.0.0.1:" + std::to_string(test::free_port());
  CHECK(failure_of(options).code == ErrorCode::unreachable);
  options.uri = "http://localhost";
  CHECK(failure_of(options).code == ErrorCode::bad_argument);
  options.uri = "ws://localhost";
  options.name = std::string(257, 'x');
  CHECK(failure_of(options).code == ErrorCode::bad_argument);
}

TEST_CASE("an agent may try again after it failed, and after its connection ended",
          "[client][connect]") {
  FakeHub hub;
  Agent agent(options_for(hub));
  Script script([&] {
    hub.listener().refuse(503);
    hub.join().ws().drop();
    HubLine line = hub.join();
    line.send_chat(1, "B", "hello");
    line.expect_end();
  });
  CHECK(agent.connect().error().code == ErrorCode::unreachable);
  CHECK(agent.connect().has_value());
  CHECK(test::next_chat(agent).error().code == ErrorCode::closed);
  CHECK(agent.connect().has_value());
  const Result<Json> chat = test::next_chat(agent);
  REQUIRE(chat.has_value());
  CHECK(chat->at("payload") == "hello");
  agent.stop();
  script.finish();
}

TEST_CASE("stop ends a connect that is under way", "[client][connect]") {
  FakeHub hub;
  Agent agent(options_for(hub));
  Script script([&] {
    HubLine line = hub.accept();
    line.expect_greeting();
    agent.stop();
    line.expect_end();
  });
  CHECK(agent.connect().error().code == ErrorCode::closed);
  script.finish();
  CHECK(agent.connect().error().code == ErrorCode::closed);
}

TEST_CASE("wss is spoken with the right root, and refused without", "[client][connect][tls]") {
  const ThrowawayCertificate certificate("IP:127.0.0.1");
  FakeHub hub(certificate);
  AgentOptions options = options_for(hub);
  SECTION("with it") { options.tls_ca = certificate.certificate_file(); }
  SECTION("insecurely") { options.tls_verify = AgentOptions::TlsVerify::insecure; }
  SECTION("without") {
    Script script([&] { static_cast<void>(hub.accept()); });
    CHECK(failure_of(options).code == ErrorCode::tls_failed);
    CHECK_THROWS(script.finish());
    return;
  }
  Script script([&] {
    HubLine line = hub.join();
    line.expect("state_request");
    line.send("state_snapshot", {{"snapshot", {{"text", std::string(100'000, 'x')}}}});
    line.expect_end();
  });
  {
    Agent agent(options);
    REQUIRE(agent.connect().has_value());
    const Result<Reply> state = agent.state();
    REQUIRE(state.has_value());
    CHECK(state->frame->at("snapshot").at("text").get<std::string>().size() == 100'000);
  }
  script.finish();
}

}  // namespace synapse
