// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/session.hpp"

#include "support/catch.hpp"

using namespace synapse::mcp;

namespace {

// A client that numbers its texts as a transport does.
class Player {
 public:
  // As a transport reads it.
  Effects say(const std::string& text) {
    auto parsed = rpc::parse(text);
    ++last_text;
    if (const auto* invalid = std::get_if<rpc::Invalid>(&parsed)) {
      return Session::refuse(last_text, *invalid);
    }
    return session.receive(last_text, std::get<Json>(std::move(parsed)));
  }
  Effects ask(const Json& id, const std::string& method, const Json& params = Json::object()) {
    return say(Json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump());
  }
  // The one answer to that, which must be there at once.
  Json answer(const Json& id, const std::string& method, const Json& params = Json::object()) {
    return only(ask(id, method, params));
  }
  Json hear(const std::string& text) { return only(say(text)); }
  Json initialize(const std::string& revision = "2025-11-25") {
    return answer("init", "initialize", {{"protocolVersion", revision}});
  }
  Json only(const Effects& effects) const {
    REQUIRE(effects.outputs.size() == 1);
    CHECK(effects.outputs[0].answers == last_text);
    CHECK(effects.outputs[0].text.find('\n') == std::string::npos);
    return Json::parse(effects.outputs[0].text);
  }

  Session session;
  TextId last_text = 0;
};

int code_of(const Json& answer) { return answer.at("error").at("code").get<int>(); }

const Json board_call{{"name", "synapse_board"}};

Outcome done(const std::string& text) { return {Verdict::done, text, {{"at", text}}, {}}; }

}  // namespace

TEST_CASE("each revision that is asked for is spoken, and the newest in place of an unknown one",
          "[mcp][session]") {
  for (const Revision& revision : revisions()) {
    Player player;
    const Json result = player.initialize(std::string(revision.name)).at("result");
    CHECK(result.at("protocolVersion") == revision.name);
    CHECK(result.at("serverInfo").at("name") == "synapse");
    CHECK(result.at("serverInfo").contains("title") == (revision.name >= "2025-06-18"));
    CHECK(result.at("capabilities").at("resources").at("subscribe") == true);
    CHECK(result.at("capabilities").contains("tools"));
  }
  CHECK(Player().initialize("1999-01-01").at("result").at("protocolVersion") == "2025-11-25");
}

TEST_CASE("before initialize only a ping is answered, and initialize comes once",
          "[mcp][session]") {
  Player player;
  CHECK(player.answer(1, "ping").at("result") == Json::object());
  CHECK(code_of(player.answer(2, "tools/list")) == -32600);
  CHECK(code_of(player.answer(3, "initialize")) == -32602);
  CHECK(code_of(player.answer(4, "initialize", {{"protocolVersion", 1}})) == -32602);
  CHECK_FALSE(player.session.is_initialized());
  CHECK(player.initialize().contains("result"));
  CHECK(player.session.is_initialized());
  CHECK(code_of(player.initialize()) == -32600);
}

TEST_CASE("a text that is no message gets an error without an id, and the session lives on",
          "[mcp][session]") {
  Player player;
  player.initialize();
  const auto check = [&player](const std::string& text, int code) {
    INFO(text);
    const Json answer = player.hear(text);
    CHECK(code_of(answer) == code);
    CHECK_FALSE(answer.contains("id"));
  };
  check("{", -32700);
  check("nonsense", -32700);
  check("{\"a\": \"\xff\"}", -32700);
  check(std::string(65, '[') + std::string(65, ']'), -32700);
  check("7", -32600);
  check("{}", -32600);
  check(R"({"jsonrpc": "2.0", "id": null, "method": "ping"})", -32600);
  check(R"({"jsonrpc": "2.0", "id": 1.5, "method": "ping"})", -32600);
  check(R"({"jsonrpc": "2.0", "id": {}, "method": "ping"})", -32600);
  CHECK(player.answer("ok", "ping").at("id") == "ok");
}

TEST_CASE("a request that is wrong is answered by its id", "[mcp][session]") {
  Player player;
  player.initialize();
  const auto check = [&player](const std::string& rest, int code) {
    INFO(rest);
    const Json answer = player.hear(R"({"jsonrpc": "2.0", "id": "q", )" + rest + "}");
    CHECK(code_of(answer) == code);
    CHECK(answer.at("id") == "q");
  };
  check(R"("method": 5)", -32600);
  check(R"("nothing": 5)", -32600);
  check(R"("method": "tools/dance")", -32601);
  check(R"("method": "ping", "params": [1])", -32602);
  check(R"("method": "tools/list", "params": {"cursor": "2"})", -32602);
  check(R"("method": "tools/call")", -32602);
  check(R"("method": "tools/call", "params": {"name": "synapse_dance"})", -32602);
  check(R"("method": "tools/call", "params": {"name": "synapse_board", "arguments": []})", -32602);
  check(R"("method": "resources/read")", -32602);
  check(R"("method": "resources/read", "params": {"uri": "synapse://x"})", -32002);
  check(R"("method": "resources/subscribe", "params": {"uri": "synapse://x"})", -32002);
  const Json old = player.hear(R"({"jsonrpc": "1.0", "id": "q", "method": "ping"})");
  CHECK(code_of(old) == -32600);
}

TEST_CASE("notifications and responses are never answered", "[mcp][session]") {
  Player player;
  player.initialize();
  for (const char* text : {R"({"jsonrpc": "2.0", "method": "notifications/initialized"})",
                           R"({"jsonrpc": "2.0", "method": "notifications/unheard_of"})",
                           R"({"jsonrpc": "2.0", "method": "ping", "params": 1})",
                           R"({"jsonrpc": "2.0", "id": 1, "result": {}})"}) {
    INFO(text);
    const Effects effects = player.say(text);
    CHECK(effects.outputs.empty());
    CHECK(effects.calls.empty());
  }
}

TEST_CASE("a tool call is answered when it is finished, by the text that asked", "[mcp][session]") {
  Player player;
  player.initialize();
  const Effects first = player.ask(1, "tools/call", board_call);
  const TextId first_text = player.last_text;
  const Effects second = player.ask(2, "tools/call", board_call);
  REQUIRE(first.calls.size() == 1);
  REQUIRE(second.calls.size() == 1);
  CHECK(first.outputs.empty());
  CHECK(player.only(player.session.finish(second.calls[0].id, done("b"))).at("id") == 2);
  const Effects finished = player.session.finish(first.calls[0].id, done("a"));
  REQUIRE(finished.outputs.size() == 1);
  CHECK(finished.outputs[0].answers == first_text);
  CHECK(player.session.finish(first.calls[0].id, done("a")).outputs.empty());
}

TEST_CASE("a result is structured where the revision has that, and a refusal is marked",
          "[mcp][session]") {
  for (const Revision& revision : revisions()) {
    Player player;
    player.initialize(std::string(revision.name));
    const Effects call = player.ask(1, "tools/call", board_call);
    const Json result =
        player.only(player.session.finish(call.calls.at(0).id, done("x"))).at("result");
    CHECK(result.at("content") == Json::array({{{"type", "text"}, {"text", "x"}}}));
    CHECK_FALSE(result.contains("isError"));
    CHECK(result.contains("structuredContent") == (revision.name >= "2025-06-18"));
    const Effects other = player.ask(2, "tools/call", board_call);
    const Outcome refused{Verdict::refused, "no", Json::object(), {"lost"}};
    const Json refusal = player.only(player.session.finish(other.calls.at(0).id, refused));
    CHECK(refusal.at("result").at("isError") == true);
    CHECK(refusal.at("result").at("content").at(1).at("text") == "lost");
  }
}

TEST_CASE("what a resource can't tell waits for the next tool result", "[mcp][session]") {
  Player player;
  player.initialize();
  const Effects look = player.ask(1, "resources/read", {{"uri", "synapse://state"}});
  Outcome outcome{Verdict::done, "", Json::object(), {"lost"}};
  const Json read = player.only(player.session.finish(look.calls.at(0).id, outcome));
  CHECK(read.at("result").at("contents").at(0).at("uri") == "synapse://state");
  CHECK(read.at("result").at("contents").at(0).at("text") == "{}");
  const Effects call = player.ask(2, "tools/call", board_call);
  const Json told = player.only(player.session.finish(call.calls.at(0).id, done("x")));
  CHECK(told.at("result").at("content").at(1).at("text") == "lost");
  const Effects failed = player.ask(3, "resources/read", {{"uri", "synapse://state"}});
  const Outcome silent{Verdict::unanswered, "no answer", Json::object(), {}};
  CHECK(code_of(player.only(player.session.finish(failed.calls.at(0).id, silent))) == -32603);
}

TEST_CASE("a cancelled call is given up and never answered", "[mcp][session]") {
  Player player;
  player.initialize();
  const Effects call = player.ask("c", "tools/call", board_call);
  const TextId asked_by = player.last_text;
  const std::string wish =
      R"({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "c"}})";
  const Effects cancelled = player.say(wish);
  REQUIRE(cancelled.cancelled.size() == 1);
  CHECK(cancelled.cancelled[0] == call.calls.at(0).id);
  // The transport learns that it need not wait.
  REQUIRE(cancelled.outputs.size() == 1);
  CHECK(cancelled.outputs[0].answers == asked_by);
  CHECK(cancelled.outputs[0].text.empty());
  CHECK(player.session.finish(call.calls[0].id, done("x")).outputs.empty());
  CHECK(player.say(wish).cancelled.empty());
}

TEST_CASE("subscribers are told of changes, and only they", "[mcp][session]") {
  Player player;
  player.initialize();
  CHECK(player.session.changed(Resource::state).outputs.empty());
  player.answer(1, "resources/subscribe", {{"uri", "synapse://state"}});
  const Effects told = player.session.changed(Resource::state);
  REQUIRE(told.outputs.size() == 1);
  CHECK(told.outputs[0].answers == 0);
  const Json update = Json::parse(told.outputs[0].text);
  CHECK(update.at("method") == "notifications/resources/updated");
  CHECK(update.at("params").at("uri") == "synapse://state");
  CHECK_FALSE(update.contains("id"));
  CHECK(player.session.changed(Resource::board).outputs.empty());
  player.answer(2, "resources/unsubscribe", {{"uri", "synapse://state"}});
  CHECK(player.session.changed(Resource::state).outputs.empty());
}

TEST_CASE("a batch is answered in one piece where the revision has batches", "[mcp][session]") {
  const std::string batch =
      R"([{"jsonrpc": "2.0", "id": 1, "method": "ping"},
          {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "synapse_board"}},
          {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "synapse_state"}},
          {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}},
          7])";
  for (const Revision& revision : revisions()) {
    INFO(revision.name);
    Player player;
    player.initialize(std::string(revision.name));
    const Effects effects = player.say(batch);
    if (revision.name != "2025-03-26") {
      CHECK(code_of(player.only(effects)) == -32600);
      continue;
    }
    CHECK(effects.outputs.empty());
    REQUIRE(effects.calls.size() == 2);
    CHECK(effects.cancelled == std::vector<CallId>{effects.calls[0].id});
    const Json answers = player.only(player.session.finish(effects.calls[1].id, done("x")));
    REQUIRE(answers.size() == 3);
    CHECK(answers[0].at("id") == 1);
    CHECK(code_of(answers[1]) == -32600);
    CHECK(answers[2].at("id") == 3);
  }
}

TEST_CASE("a batch that asks nothing, too much or to initialize is told so", "[mcp][session]") {
  Player player;
  CHECK(code_of(player.hear(R"([{"jsonrpc": "2.0", "id": 1, "method": "ping"}])")) == -32600);
  player.initialize("2025-03-26");
  CHECK(code_of(player.hear("[]")) == -32600);
  CHECK(code_of(player.hear(Json(65, 1).dump())) == -32600);
  const std::string notices = R"([{"jsonrpc": "2.0", "method": "notifications/initialized"}])";
  CHECK(player.say(notices).outputs.empty());
  const Json answers = player.hear(R"([{"jsonrpc": "2.0", "id": 1, "method": "initialize"}])");
  CHECK(code_of(answers.at(0)) == -32600);
  // A batch whose every call was cancelled by itself.
  const Effects effects = player.say(
      R"([{"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "synapse_board"}},
          {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 2}}])");
  REQUIRE(effects.outputs.size() == 1);
  CHECK(effects.outputs[0].text.empty());
}

TEST_CASE("calls under way are bounded, and their ids are each used once", "[mcp][session]") {
  Player player;
  player.initialize();
  std::vector<CallId> calls;
  for (std::size_t i = 0; i < Session::calls_max; ++i) {
    calls.push_back(player.ask(i, "tools/call", board_call).calls.at(0).id);
    if (i == 0) CHECK(code_of(player.answer(0, "tools/call", board_call)) == -32600);
  }
  CHECK(player.session.calls_under_way() == Session::calls_max);
  CHECK(code_of(player.answer("more", "tools/call", board_call)) == -32603);
  CHECK(player.answer("still", "ping").contains("result"));
  static_cast<void>(player.session.finish(calls[0], done("x")));
  CHECK(player.ask("more", "tools/call", board_call).calls.size() == 1);
}

TEST_CASE("wrong arguments of a tool are for its model to mend where the revision says so",
          "[mcp][session]") {
  for (const Revision& revision : revisions()) {
    INFO(revision.name);
    Player player;
    player.initialize(std::string(revision.name));
    const Json wrong{{"name", "synapse_claim"}, {"arguments", {{"task_id", 7}}}};
    const Json answer = player.answer(1, "tools/call", wrong);
    if (revision.name < "2025-11-25") {
      CHECK(code_of(answer) == -32602);
    } else {
      CHECK(answer.at("result").at("isError") == true);
      CHECK(answer.at("result").at("content").at(0).at("text") == "\"task_id\" must be a string");
    }
    CHECK(code_of(player.answer(2, "tools/call", {{"name", "synapse_dance"}})) == -32602);
  }
}

TEST_CASE("whoever subscribes wants to hear of changes from then on", "[mcp][session]") {
  Player player;
  player.initialize();
  CHECK_FALSE(player.ask(1, "tools/call", board_call).attends);
  CHECK(player.ask(2, "resources/subscribe", {{"uri", "synapse://state"}}).attends);
  CHECK_FALSE(player.ask(3, "resources/unsubscribe", {{"uri", "synapse://state"}}).attends);
}

TEST_CASE("the instructions say the agent's name if it is known for sure", "[mcp][session]") {
  Player unknown;
  const std::string without = unknown.initialize().at("result").at("instructions");
  CHECK(without.find("You are") == std::string::npos);
  Player known;
  known.session = Session("shop/claude");
  const std::string with = known.initialize().at("result").at("instructions");
  CHECK(with == "You are shop/claude. " + without);
}

TEST_CASE("a session of an earlier run is initialized and hears of every change",
          "[mcp][session]") {
  Player player;
  player.session = Session::revived(*find_revision("2025-06-18"));
  CHECK(player.session.revision().name == "2025-06-18");
  CHECK(player.answer(1, "tools/list").contains("result"));
  for (const Resource resource : all_resources) {
    CHECK(player.session.changed(resource).outputs.size() == 1);
  }
}

TEST_CASE("an output says whose results are in it", "[mcp][session]") {
  Player player;
  player.initialize("2025-03-26");
  const Effects effects = player.say(
      R"([{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "synapse_board"}},
          {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "synapse_board"}}
          ])");
  REQUIRE(effects.calls.size() == 2);
  static_cast<void>(player.session.finish(effects.calls[0].id, done("x")));
  const Effects last = player.session.finish(effects.calls[1].id, done("y"));
  CHECK(last.outputs.at(0).calls == std::vector<CallId>{effects.calls[0].id, effects.calls[1].id});
}
