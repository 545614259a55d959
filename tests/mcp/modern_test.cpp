// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/modern.hpp"

#include "mcp/modern_text.hpp"
#include "support/catch.hpp"

namespace synapse::mcp {

namespace {

class ModernPlayer {
 public:
  Effects ask(const Json& id, const std::string& method, const Json& params = Json::object()) {
    return modern.receive(++last_text, modern_request(id, method, params));
  }
  Json answer(const Json& id, const std::string& method, const Json& params = Json::object()) {
    return only(ask(id, method, params));
  }
  static Json only(const Effects& effects) {
    REQUIRE(effects.outputs.size() == 1);
    CHECK(effects.outputs[0].text.find('\n') == std::string::npos);
    return Json::parse(effects.outputs[0].text);
  }

  Modern modern{Modern::Ids::unique};
  TextId last_text = 0;
};

int error_code(const Json& answer) { return answer.at("error").at("code").get<int>(); }

const Json board_tool{{"name", "synapse_board"}};
constexpr const char* subscription = "io.modelcontextprotocol/subscriptionId";

Json wish_for(const Json& uris) { return {{"notifications", {{"resourceSubscriptions", uris}}}}; }

}  // namespace

TEST_CASE("a message is of the era without sessions if it says its revision", "[mcp][modern]") {
  CHECK(Modern::is_spoken_in(modern_request(1, "ping")));
  CHECK(Modern::is_spoken_in(modern_request(1, "initialize")));
  for (const char* text :
       {R"({"jsonrpc":"2.0","id":1,"method":"ping"})", R"([1])", "7", R"({"params":{"_meta":{}}})",
        R"({"params":{"_meta":[]}})", R"({"params":[]})"}) {
    INFO(text);
    CHECK_FALSE(Modern::is_spoken_in(Json::parse(text)));
  }
}

TEST_CASE("every result says that it is whole and whose it is", "[mcp][modern]") {
  ModernPlayer player;
  for (const char* method : {"server/discover", "tools/list", "resources/list",
                             "resources/templates/list", "prompts/list"}) {
    INFO(method);
    const Json result = player.answer(1, method).at("result");
    CHECK(result.at("resultType") == "complete");
    CHECK(result.at("_meta").at("io.modelcontextprotocol/serverInfo").at("name") == "synapse");
    CHECK(result.at("ttlMs") == 3'600'000);
    CHECK(result.at("cacheScope") == "public");
  }
  const Json discovered = player.answer(2, "server/discover").at("result");
  CHECK(discovered.at("supportedVersions") == Json{"2026-07-28"});
  CHECK(discovered.at("capabilities").at("resources").at("subscribe") == true);
  // What is declared is served, and what is served is declared.
  CHECK(discovered.at("capabilities").size() == 3);
  CHECK(discovered.at("capabilities").contains("prompts"));
  CHECK(discovered.contains("instructions"));
}

TEST_CASE("a request that doesn't say what it must is refused", "[mcp][modern]") {
  ModernPlayer player;
  const auto refused = [&player](const Json& meta) {
    const Effects effects = player.ask(1, "tools/list", {{"_meta", meta}});
    CHECK(effects.outputs.at(0).kind == Output::Kind::malformed);
    return ModernPlayer::only(effects);
  };
  Json meta = modern_meta();
  meta.erase("io.modelcontextprotocol/clientCapabilities");
  CHECK(error_code(refused(meta)) == -32602);
  meta = modern_meta();
  meta["io.modelcontextprotocol/protocolVersion"] = 7;
  CHECK(error_code(refused(meta)) == -32602);
  for (const char* other : {"2025-11-25", "2099-01-01", ""}) {
    const Json unsupported = refused(modern_meta(other));
    CHECK(error_code(unsupported) == -32022);
    CHECK(unsupported.at("error").at("data").at("supported") == Json{"2026-07-28"});
    CHECK(unsupported.at("error").at("data").at("requested") == other);
  }
  const Effects broken = player.modern.receive(9, {{"jsonrpc", "1.0"}, {"id", 1}});
  CHECK(broken.outputs.at(0).kind == Output::Kind::malformed);
}

TEST_CASE("methods of the era with sessions are unknown", "[mcp][modern]") {
  ModernPlayer player;
  for (const char* method : {"initialize", "ping", "logging/setLevel", "resources/subscribe",
                             "resources/unsubscribe", "dance"}) {
    INFO(method);
    const Effects effects = player.ask("x", method);
    CHECK(error_code(ModernPlayer::only(effects)) == -32601);
    CHECK(effects.outputs[0].kind == Output::Kind::no_method);
  }
  CHECK(player.modern.receive(1, {{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}})
            .outputs.empty());
}

TEST_CASE("a tool is called, and its result is not to be cached", "[mcp][modern]") {
  ModernPlayer player;
  const Effects call = player.ask(1, "tools/call", board_tool);
  REQUIRE(call.calls.size() == 1);
  const Outcome outcome{Verdict::refused, "no", {{"a", 1}}, {"lost"}};
  const Json result =
      ModernPlayer::only(player.modern.finish(call.calls[0].id, outcome)).at("result");
  CHECK(result.at("isError") == true);
  CHECK(result.at("structuredContent") == Json{{"a", 1}});
  CHECK(result.at("content").at(1).at("text") == "lost");
  CHECK(result.at("resultType") == "complete");
  CHECK_FALSE(result.contains("ttlMs"));
  const Json wrong =
      player.answer(2, "tools/call", {{"name", "synapse_claim"}, {"arguments", {{"task_id", 7}}}});
  CHECK(wrong.at("result").at("isError") == true);
  CHECK(wrong.at("result").at("resultType") == "complete");
  CHECK(error_code(player.answer(3, "tools/call", {{"name", "synapse_dance"}})) == -32602);
  CHECK(error_code(player.answer(4, "tools/call")) == -32602);
}

TEST_CASE("a resource is read, and one that is not there is named", "[mcp][modern]") {
  ModernPlayer player;
  const Effects read = player.ask(1, "resources/read", {{"uri", "synapse://board"}});
  const Outcome outcome{Verdict::done, "", {{"tasks", Json::array()}}, {}};
  const Json result =
      ModernPlayer::only(player.modern.finish(read.calls.at(0).id, outcome)).at("result");
  CHECK(result.at("ttlMs") == 0);
  CHECK(result.at("cacheScope") == "private");
  CHECK(Json::parse(result.at("contents").at(0).at("text").get<std::string>()) ==
        outcome.structured);
  const Json unknown = player.answer(2, "resources/read", {{"uri", "synapse://x"}});
  CHECK(error_code(unknown) == -32602);
  CHECK(unknown.at("error").at("data").at("uri") == "synapse://x");
}

TEST_CASE("who listens is acknowledged first and then told what it asked for", "[mcp][modern]") {
  ModernPlayer player;
  const Effects listening =
      player.ask("l", "subscriptions/listen", wish_for({"synapse://board", "synapse://x"}));
  CHECK(listening.attends);
  CHECK(listening.outputs.at(0).kind == Output::Kind::event);
  const Json acknowledged = ModernPlayer::only(listening);
  CHECK(acknowledged.at("method") == "notifications/subscriptions/acknowledged");
  CHECK(acknowledged.at("params").at("_meta").at(subscription) == "l");
  CHECK(acknowledged.at("params").at("notifications") ==
        Json{{"resourceSubscriptions", {"synapse://board"}}});
  CHECK(player.modern.changed(Resource::state).outputs.empty());
  static_cast<void>(player.ask(2, "subscriptions/listen", wish_for({"synapse://board"})));
  const Effects told = player.modern.changed(Resource::board);
  REQUIRE(told.outputs.size() == 2);
  const Json update = Json::parse(told.outputs[1].text);
  CHECK(update.at("method") == "notifications/resources/updated");
  CHECK(update.at("params").at("uri") == "synapse://board");
  CHECK(update.at("params").at("_meta").at(subscription) == 2);
  CHECK(player.modern.cancel_request("l").outputs.empty());
  CHECK(player.modern.changed(Resource::board).outputs.size() == 1);
}

TEST_CASE("a wish to listen that makes no sense is refused", "[mcp][modern]") {
  ModernPlayer player;
  for (const char* params :
       {"{}", R"({"notifications": []})", R"({"notifications": {"resourceSubscriptions": "x"}})",
        R"({"notifications": {"resourceSubscriptions": [1]}})",
        R"({"notifications": {"toolsListChanged": 1}})"}) {
    INFO(params);
    CHECK(error_code(player.answer(1, "subscriptions/listen", Json::parse(params))) == -32602);
  }
  const Json nothing =
      player.answer(2, "subscriptions/listen", {{"notifications", {{"toolsListChanged", true}}}});
  CHECK(nothing.at("params").at("notifications") == Json::object());
}

TEST_CASE("the end is told to all who listen", "[mcp][modern]") {
  ModernPlayer player;
  static_cast<void>(player.ask(1, "subscriptions/listen", wish_for({"synapse://board"})));
  const Effects end = player.modern.close(Modern::Farewell::cancellation_and_result);
  REQUIRE(end.outputs.size() == 2);
  CHECK(Json::parse(end.outputs[0].text).at("params").at("requestId") == 1);
  const Json last = Json::parse(end.outputs[1].text);
  CHECK(last.at("id") == 1);
  CHECK(last.at("result").at("resultType") == "complete");
  CHECK(last.at("result").at("_meta").at(subscription) == 1);
  CHECK(player.modern.is_idle());
}

TEST_CASE("listeners and calls are bounded, and ids on a line are each used once",
          "[mcp][modern]") {
  ModernPlayer player;
  for (std::size_t i = 0; i < Modern::listens_max; ++i) {
    static_cast<void>(player.ask(i, "subscriptions/listen", wish_for({"synapse://board"})));
  }
  CHECK(error_code(player.answer("more", "subscriptions/listen", wish_for({"synapse://board"}))) ==
        -32603);
  CHECK(error_code(player.answer(7, "tools/call", board_tool)) == -32600);
  for (std::size_t i = 0; i < Session::calls_max; ++i) {
    CHECK(player.ask("c" + std::to_string(i), "tools/call", board_tool).calls.size() == 1);
  }
  CHECK(error_code(player.answer("c", "tools/call", board_tool)) == -32603);
  const Effects cancelled = player.modern.cancel_request("c0");
  CHECK(cancelled.cancelled.size() == 1);
  CHECK(player.modern.finish(cancelled.cancelled[0], {}).outputs.empty());
}

// ---- over HTTP

TEST_CASE("headers must say what the body says", "[mcp][modern][http]") {
  HttpStage stage;
  const Json read = modern_request(1, "resources/read", {{"uri", "synapse://x"}});
  const auto status_with = [&](const std::string& name, const std::string& value) {
    net::HttpHeaders headers = modern_headers(read);
    for (auto& [key, text] : headers) {
      if (key == name) text = value;
    }
    const Reply reply = stage.post(read.dump(), headers);
    return std::pair(reply->response.status, code_of(reply));
  };
  // As it is, the resource is not there, which is an answer.
  CHECK(status_with("", "") == std::pair(200U, -32602));
  CHECK(status_with("Mcp-Name", " =?base64?c3luYXBzZTovL3g=?= ") == std::pair(200U, -32602));
  for (const auto& [name, value] :
       {std::pair{"Mcp-Method", "Resources/read"}, std::pair{"Mcp-Method", ""},
        std::pair{"MCP-Protocol-Version", ""}, std::pair{"MCP-Protocol-Version", "2025-11-25"},
        std::pair{"Mcp-Name", ""}, std::pair{"Mcp-Name", "synapse://y"},
        std::pair{"Mcp-Name", "=?base64?%%%?="}}) {
    INFO(name << ": " << value);
    CHECK(status_with(name, value) == std::pair(400U, -32020));
  }
  // A body of a revision that nobody speaks contradicts its header all the same.
  Json strange = modern_request(1, "tools/list");
  net::HttpHeaders headers = modern_headers(strange);
  strange["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "1999-01-01";
  const Reply reply = stage.post(strange.dump(), headers);
  CHECK(reply->response.status == 400);
  CHECK(code_of(reply) == -32020);
}

TEST_CASE("each answer has the status of its kind", "[mcp][modern][http]") {
  HttpStage stage;
  const auto status_of = [&stage](const Json& request) {
    return stage.post(request.dump(), modern_headers(request))->response.status;
  };
  CHECK(status_of(modern_request(1, "tools/list")) == 200);
  CHECK(status_of(modern_request(1, "dance")) == 404);
  CHECK(status_of(modern_request(1, "initialize")) == 404);
  CHECK(status_of(modern_request(1, "tools/call", {{"name", "synapse_dance"}})) == 200);
  CHECK(status_of(modern_request(1, "tools/list", {{"_meta", modern_meta("2099-01-01")}})) == 400);
  const net::HttpHeaders headers{{"MCP-Protocol-Version", "2026-07-28"}};
  const Reply bare = stage.post(rpc_text(3, "tools/list"), headers);
  CHECK(bare->response.status == 400);
  CHECK(code_of(bare) == -32602);
  CHECK(bare->json().at("id") == 3);
  CHECK(stage.post(R"({"jsonrpc":"2.0","method":"notifications/initialized"})", headers)
            ->response.status == 202);
}

TEST_CASE("a caller without a session has one agent for each name", "[mcp][modern][http]") {
  HttpStage stage;
  const Json call = modern_request(1, "tools/call", board_tool);
  const Reply first = stage.serve_at("/mcp/ann", call.dump(), modern_headers(call));
  const Reply second = stage.serve_at("/mcp/ann", call.dump(), modern_headers(call));
  const Reply third = stage.serve_at("/mcp/bob", call.dump(), modern_headers(call));
  REQUIRE(stage.desks.size() == 2);
  CHECK(stage.desks[0]->agent == "ann");
  CHECK(stage.desks[0]->calls.size() == 2);
  // Of several clients ids may be the same.
  stage.desks[0]->listener.finished(stage.desks[0]->calls[1].first, {Verdict::done, "b", {}, {}});
  CHECK(first->stage == Stage::waiting);
  CHECK(second->json().at("result").at("content").at(0).at("text") == "b");
  CHECK(second->header("Mcp-Session-Id").empty());
  CHECK(third->stage == Stage::waiting);
}

TEST_CASE("a client that closes its connection has cancelled its request", "[mcp][modern][http]") {
  HttpStage stage;
  const Json call = modern_request(1, "tools/call", board_tool);
  const Reply quick = stage.post(call.dump(), modern_headers(call));
  quick->leave();
  CHECK(stage.desks[0]->cancelled.size() == 1);
  const Reply slow = stage.post(call.dump(), modern_headers(call));
  stage.pass(3);
  CHECK(slow->stage == Stage::streaming);
  CHECK(slow->header("X-Accel-Buffering") == "no");
  slow->leave();
  CHECK(stage.desks[0]->cancelled.size() == 2);
}

TEST_CASE("a slow answer comes as an event without an id, and ends its stream",
          "[mcp][modern][http]") {
  HttpStage stage;
  const Json call = modern_request(1, "tools/call", board_tool);
  const Reply slow = stage.post(call.dump(), modern_headers(call));
  stage.pass(3);
  stage.pass(15);
  CHECK(slow->take_text() == ":\n\n");
  stage.desks[0]->listener.finished(stage.desks[0]->calls[0].first, {Verdict::done, "x", {}, {}});
  CHECK(slow->stage == Stage::ended);
  CHECK(slow->text.starts_with("event: message\ndata: {"));
  CHECK(slow->text.find("id:") == std::string::npos);
}

TEST_CASE("a listener over HTTP has a stream of its own until one side ends it",
          "[mcp][modern][http]") {
  HttpStage stage;
  const Json listen = modern_request(5, "subscriptions/listen", wish_for({"synapse://state"}));
  const Reply deaf =
      stage.post(listen.dump(), headers_with({{"Accept", "application/json"},
                                              {"Mcp-Method", "subscriptions/listen"},
                                              {"MCP-Protocol-Version", "2026-07-28"}}));
  CHECK(deaf->response.status == 406);
  const Reply one = stage.post(listen.dump(), modern_headers(listen));
  const Reply other = stage.post(listen.dump(), modern_headers(listen));
  CHECK(one->stage == Stage::streaming);
  CHECK(one->take_text().find("acknowledged") != std::string::npos);
  other->take_text();
  stage.desks[0]->listener.changed(Resource::state);
  CHECK(one->take_text().find("synapse://state") != std::string::npos);
  CHECK(other->take_text().find("synapse://state") != std::string::npos);
  one->leave();
  stage.desks[0]->listener.changed(Resource::state);
  CHECK(one->text.empty());
  stage.endpoint.close();
  CHECK(other->stage == Stage::ended);
  CHECK(other->text.find("\"resultType\":\"complete\"") != std::string::npos);
  CHECK(stage.desks[0]->end == AtEnd::keep);
}

TEST_CASE("a caller that shows no life for long has its leases run out", "[mcp][modern][http]") {
  HttpEndpointOptions options;
  options.session_idle = std::chrono::seconds(60);
  HttpStage stage(options);
  const Json list = modern_request(1, "tools/list");
  CHECK(stage.post(list.dump(), modern_headers(list))->response.status == 200);
  stage.pass(59);
  CHECK(stage.endpoint.sessions() == 1);
  stage.pass(1);
  CHECK(stage.endpoint.sessions() == 0);
  CHECK(stage.desks[0]->end == AtEnd::keep);
}

}  // namespace synapse::mcp
