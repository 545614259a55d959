// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_endpoint.hpp"

#include "mcp/http_stage.hpp"
#include "support/catch.hpp"

namespace synapse::mcp {
using Catch::Matchers::Contains;

namespace {

const net::HttpHeaders json_only{{"Accept", "application/json"}};
const net::HttpHeaders stream_only{{"Accept", "text/event-stream"}};

HttpEndpointOptions two_sessions() {
  HttpEndpointOptions options;
  options.sessions_max = 2;
  return options;
}

}  // namespace

TEST_CASE("initialize begins a session, and its id belongs to every later request", "[mcp][http]") {
  HttpStage stage;
  const std::string first = stage.initialize();
  const std::string second = stage.initialize("2025-03-26");
  CHECK(first != second);
  CHECK(stage.endpoint.sessions() == 2);
  const Reply listed = stage.say(first, rpc_text(1, "tools/list"));
  CHECK(listed->response.status == 200);
  CHECK(listed->response.content_type == "application/json");
  CHECK(listed->json().at("id") == 1);
  CHECK(listed->header("Mcp-Session-Id").empty());
}

TEST_CASE("without a session nothing but a ping is answered", "[mcp][http]") {
  HttpStage stage;
  const Reply listed = stage.post(rpc_text(7, "tools/list"));
  CHECK(listed->response.status == 400);
  CHECK(listed->json().at("id") == 7);
  CHECK(stage.post(rpc_text(7, "ping"))->response.status == 200);
  CHECK(stage.post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})")->response.status ==
        400);
  CHECK(stage.post("{")->response.status == 400);
  CHECK(stage.post(rpc_text(1, "initialize"))->response.status == 400);
  CHECK(stage.serve(http_request("GET", {}))->response.status == 400);
  CHECK(stage.serve(http_request("DELETE", {}))->response.status == 400);
  CHECK(stage.endpoint.sessions() == 0);
  CHECK(stage.desks.empty());
}

TEST_CASE("an unknown session is not found, and so is one that was ended", "[mcp][http]") {
  HttpStage stage;
  CHECK(stage.say("session-1", rpc_text(1, "ping"))->response.status == 404);
  CHECK(stage.listen("session-1")->response.status == 404);
  const std::string session = stage.initialize();
  const Reply pending = stage.call_board(session, 1);
  const Reply listening = stage.listen(session);
  const Reply left = stage.serve(http_request("DELETE", {{"Mcp-Session-Id", session}}));
  CHECK(left->response.status == 204);
  CHECK(pending->response.status == 404);
  CHECK(listening->stage == Stage::ended);
  CHECK_FALSE(stage.desks[0]->is_open);
  CHECK(stage.desks[0]->end == AtEnd::release);
  stage.finish(1, "too late");
  CHECK(stage.say(session, rpc_text(1, "ping"))->response.status == 404);
  CHECK(stage.serve(http_request("DELETE", {{"Mcp-Session-Id", session}}))->response.status == 404);
}

TEST_CASE("what wants no answer is accepted", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  for (const char* text : {R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                           R"({"jsonrpc":"2.0","id":4,"result":{}})"}) {
    const Reply accepted = stage.say(session, text);
    CHECK(accepted->response.status == 202);
    CHECK(accepted->response.body.empty());
  }
}

TEST_CASE("what is no message is a bad request, what is refused is an answer", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const Reply broken = stage.say(session, "{");
  CHECK(broken->response.status == 400);
  CHECK(code_of(broken) == -32700);
  const Reply no_message = stage.say(session, R"({"id":1})");
  CHECK(code_of(no_message) == -32600);
  CHECK(stage.say(session, "[]", stream_only)->response.status == 400);
  const Reply unknown = stage.say(session, rpc_text(1, "dance"));
  CHECK(unknown->response.status == 200);
  CHECK(code_of(unknown) == -32601);
  CHECK(code_of(stage.say(session, rpc_text(1, "initialize"))) == -32600);
}

TEST_CASE("a call is answered with JSON when its outcome is there", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const Reply first = stage.call_board(session, "a");
  const Reply second = stage.call_board(session, "b");
  REQUIRE(stage.desks[0]->calls.size() == 2);
  CHECK(first->stage == Stage::waiting);
  stage.finish(2, "second");
  CHECK(first->stage == Stage::waiting);
  CHECK(second->json().at("id") == "b");
  stage.finish(1, "first");
  CHECK(first->json().at("result").at("content").at(0).at("text") == "first");
}

TEST_CASE("a call that takes long becomes a stream of events", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const Reply both = stage.call_board(session, 1);
  const Reply json = stage.call_board(session, 2, json_only);
  stage.pass(1.5);
  CHECK(both->stage == Stage::waiting);
  stage.pass(1);
  CHECK(both->stage == Stage::streaming);
  CHECK(both->response.content_type == "text/event-stream");
  CHECK(both->header("Cache-Control") == "no-cache, no-transform");
  CHECK(both->take_text() == "id: 2-0\nretry: 1000\ndata: \n\n");
  CHECK(json->stage == Stage::waiting);
  stage.finish(1, "late");
  CHECK_THAT(both->text, Contains("id: 2-1\ndata: {") && Contains("late"));
  CHECK(both->stage == Stage::ended);
  stage.finish(2, "late");
  CHECK(json->response.content_type == "application/json");
}

TEST_CASE("a client of an older revision is not greeted with an empty event", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize("2025-06-18");
  const Reply reply = stage.call_board(session, 1);
  stage.pass(3);
  CHECK(reply->stage == Stage::streaming);
  CHECK(reply->text.empty());
}

TEST_CASE("a client that takes only events gets events", "[mcp][http]") {
  HttpStage stage;
  const Reply begun =
      stage.post(rpc_text(0, "initialize", {{"protocolVersion", "2025-06-18"}}), stream_only);
  CHECK(begun->stage == Stage::ended);
  CHECK_THAT(begun->text, Contains("serverInfo"));
  const std::string session = begun->header("Mcp-Session-Id");
  const Reply pinged = stage.say(session, rpc_text(1, "ping"), stream_only);
  CHECK(pinged->stage == Stage::ended);
  CHECK_THAT(pinged->text, Contains(R"("id":1)"));
  const Reply called = stage.call_board(session, 2, stream_only);
  CHECK(called->stage == Stage::streaming);
  stage.finish(1, "x");
  CHECK(called->stage == Stage::ended);
}

TEST_CASE("an answer that was lost with its connection is there for who comes back",
          "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const Reply lost = stage.call_board(session, 1);
  stage.pass(3);
  lost->leave();
  CHECK(stage.desks[0]->cancelled.empty());
  SECTION("before it is ready") {
    const Reply back = stage.listen(session, "2-0");
    stage.finish(1, "kept");
    CHECK_THAT(back->text, Contains("kept"));
    CHECK(back->stage == Stage::ended);
  }
  SECTION("after it is ready") {
    stage.finish(1, "kept");
    const Reply back = stage.listen(session, "2-0");
    CHECK_THAT(back->text, Contains("kept"));
    CHECK(back->stage == Stage::ended);
    CHECK_THAT(stage.listen(session, "2-1")->text, !Contains("kept"));
  }
  SECTION("but not for another session") {
    stage.finish(1, "kept");
    CHECK(stage.listen(stage.initialize(), "2-0")->response.status == 400);
  }
}

TEST_CASE("of old answers so many are kept", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const auto answer_late = [&](CallId id, const std::string& text) {
    const Reply reply = stage.call_board(session, id);
    stage.pass(3);
    stage.finish(id, text);
    REQUIRE(reply->stage == Stage::ended);
  };
  for (CallId id = 1; id <= HttpSession::kept_answers_max + 1; ++id) answer_late(id, "short");
  CHECK(stage.listen(session, "2-0")->response.status == 400);
  CHECK(stage.listen(session, "3-0")->response.status == 200);
  const std::string large(HttpSession::kept_bytes_max / 2, 'x');
  answer_late(18, large);
  CHECK(stage.listen(session, "19-0")->response.status == 200);
  CHECK(stage.listen(session, "18-0")->response.status == 400);
  answer_late(19, "short");
  CHECK(stage.listen(session, "19-0")->response.status == 400);
  CHECK(stage.listen(session, "garbage")->response.status == 400);
}

TEST_CASE("changes are told to who listens, and wait for who comes back", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  stage.subscribe(session, "board");
  const auto change = [&](Resource resource) { stage.desks[0]->listener.changed(resource); };
  change(Resource::board);
  const Reply listening = stage.listen(session);
  CHECK_THAT(listening->take_text(), Contains("synapse://board") && Contains("id: 0-1\n"));
  change(Resource::state);
  CHECK(listening->text.empty());
  change(Resource::board);
  CHECK_THAT(listening->take_text(), Contains("id: 0-2\n"));
  listening->leave();
  change(Resource::board);
  CHECK_THAT(stage.listen(session, "0-2")->text, Contains("id: 0-3\n"));
}

TEST_CASE("one session's changes are not another's", "[mcp][http]") {
  HttpStage stage;
  const std::string first = stage.initialize();
  const std::string second = stage.initialize();
  stage.subscribe(first, "board");
  const Reply hears = stage.listen(first);
  const Reply hears_not = stage.listen(second);
  const std::string before = hears_not->text;
  for (const auto& desk : stage.desks) desk->listener.changed(Resource::board);
  CHECK_THAT(hears->text, Contains("synapse://board"));
  CHECK(hears_not->text == before);
}

TEST_CASE("a cancelled request is answered with nothing", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const Reply quick = stage.call_board(session, "quick");
  const std::string cancel = R"({"jsonrpc":"2.0","method":"notifications/cancelled",)"
                             R"("params":{"requestId":")";
  CHECK(stage.say(session, cancel + "quick\"}}")->response.status == 202);
  CHECK(quick->response.status == 202);
  CHECK(stage.desks[0]->cancelled == std::vector<CallId>{1});
  const Reply slow = stage.call_board(session, "slow");
  stage.pass(3);
  CHECK(stage.say(session, cancel + "slow\"}}")->response.status == 202);
  CHECK(slow->stage == Stage::ended);
  CHECK_THAT(slow->text, !Contains("message"));
}

TEST_CASE("a session that nobody uses ends", "[mcp][http]") {
  HttpEndpointOptions options;
  options.session_idle = std::chrono::seconds(60);
  HttpStage stage(options);
  const std::string session = stage.initialize();
  const auto lives = [&] { return stage.endpoint.sessions() == 1; };
  stage.pass(59);
  CHECK(lives());
  SECTION("when its time is up") {
    stage.pass(1);
    CHECK_FALSE(lives());
    CHECK_FALSE(stage.desks[0]->is_open);
    CHECK(stage.desks[0]->end == AtEnd::keep);
  }
  SECTION("not before it has been silent for that long") {
    stage.say(session, rpc_text(1, "ping"));
    stage.pass(59);
    CHECK(lives());
    stage.pass(1);
    CHECK_FALSE(lives());
  }
  SECTION("not while it listens") {
    const Reply listening = stage.listen(session);
    stage.pass(1000);
    CHECK(lives());
    listening->leave();
    stage.pass(59);
    CHECK(lives());
    stage.pass(1);
    CHECK_FALSE(lives());
  }
  SECTION("not while a call is under way") {
    const Reply waiting = stage.call_board(session, 1);
    stage.pass(1000);
    CHECK(lives());
    stage.finish(1, "x");
    stage.pass(59);
    CHECK(lives());
    stage.pass(1);
    CHECK_FALSE(lives());
  }
}

TEST_CASE("above the limit the longest idle session makes room, a used one never", "[mcp][http]") {
  HttpStage stage(two_sessions());
  const std::string first = stage.initialize();
  stage.pass(1);
  const std::string second = stage.initialize();
  const auto begin = [&] {
    return stage.post(rpc_text(0, "initialize", {{"protocolVersion", "2025-11-25"}}));
  };
  const Reply refused = begin();
  CHECK(refused->response.status == 503);
  CHECK_FALSE(refused->header("Retry-After").empty());
  SECTION("when it has been idle for a while") {
    stage.pass(59);
    CHECK(begin()->response.status == 200);
    CHECK(stage.say(first, rpc_text(1, "ping"))->response.status == 404);
    CHECK(stage.say(second, rpc_text(1, "ping"))->response.status == 200);
  }
  SECTION("unless it is used") {
    const Reply listening = stage.listen(first);
    const Reply waiting = stage.call_board(second, 1);
    stage.pass(1000);
    CHECK(begin()->response.status == 503);
  }
}

TEST_CASE("an open stream is kept alive", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize("2025-06-18");
  const Reply listening = stage.listen(session);
  stage.pass(14);
  CHECK(listening->text.empty());
  stage.pass(1);
  CHECK(listening->take_text() == ":\n\n");
  stage.pass(14);
  CHECK(listening->text.empty());
}

TEST_CASE("a page of an allowed origin gets the headers that let it read", "[mcp][http]") {
  HttpEndpointOptions options;
  options.entrance.door.allowed_origins = {"http://page.example"};
  HttpStage stage(options);
  const net::HttpHeaders page{{"Origin", "http://page.example"}};
  const auto is_readable = [](const Reply& reply) {
    return reply->header("Access-Control-Allow-Origin") == "http://page.example";
  };
  const Reply begun =
      stage.post(rpc_text(0, "initialize", {{"protocolVersion", "2025-11-25"}}), page);
  CHECK(is_readable(begun));
  const std::string session = begun->header("Mcp-Session-Id");
  CHECK(is_readable(stage.say(session, "{", page)));
  const Reply slow = stage.call_board(session, 1, page);
  stage.pass(3);
  CHECK(slow->stage == Stage::streaming);
  CHECK(is_readable(slow));
  CHECK_FALSE(is_readable(stage.say(session, rpc_text(1, "ping"))));
}

TEST_CASE("a closing endpoint ends what is open", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const Reply listening = stage.listen(session);
  const Reply waiting = stage.call_board(session, 1);
  stage.endpoint.close();
  CHECK(listening->stage == Stage::ended);
  CHECK(waiting->response.status == 404);
  CHECK(stage.endpoint.sessions() == 0);
}

}  // namespace synapse::mcp
