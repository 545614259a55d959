// SPDX-License-Identifier: AGPL-3.0-or-later
// Whose sessions over HTTP are, what becomes of them in the server's next run, and of answers that
// their clients never get.
#include "mcp/http_endpoint.hpp"
#include "mcp/http_stage.hpp"
#include "support/catch.hpp"

namespace synapse::mcp {
using Catch::Matchers::Contains;

TEST_CASE("an answer that nobody can get any more is told to the desk", "[mcp][http]") {
  HttpStage stage;
  const std::string session = stage.initialize();
  const Reply lost = stage.call_board(session, 1);
  lost->leave();
  stage.finish(1, "unheard");
  CHECK(stage.desks[0]->unheard == std::vector<CallId>{1});
  // One that became a stream can be asked for again.
  const Reply kept = stage.call_board(session, 2);
  stage.pass(3);
  kept->leave();
  stage.finish(2, "kept");
  CHECK(stage.desks[0]->unheard.size() == 1);
}

TEST_CASE("each session is an agent of its own, by the name in its path", "[mcp][http]") {
  HttpStage stage;
  const std::string hello = rpc_text(0, "initialize", {{"protocolVersion", "2025-11-25"}});
  CHECK(stage.serve_at("/mcp/shop/ann", hello)->response.status == 200);
  CHECK(stage.serve_at("/mcp/shop/ann", hello)->response.status == 200);
  CHECK(stage.post(hello)->response.status == 200);
  REQUIRE(stage.desks.size() == 3);
  CHECK(stage.desks[0]->agent == "shop/ann");
  CHECK(stage.desks[1]->agent == "shop/ann");
  CHECK(stage.desks[2]->agent.empty());
}

TEST_CASE("a session of an earlier run goes on, and hears of every change", "[mcp][http]") {
  HttpStage stage;
  const std::string session = "earlier-2025-06-18";
  const Reply listening = stage.listen(session, "0-17");
  CHECK(listening->stage == Stage::streaming);
  REQUIRE(stage.desks.size() == 1);
  CHECK(stage.desks[0]->attends);
  stage.desks[0]->listener.changed(Resource::board);
  CHECK_THAT(listening->text, Contains("synapse://board"));
  CHECK(stage.say(session, rpc_text(1, "tools/list"))->response.status == 200);
  SECTION("until its client ends it") {
    const net::HttpHeaders headers{{"Mcp-Session-Id", session}};
    CHECK(stage.serve(http_request("DELETE", headers))->response.status == 204);
    CHECK(stage.say(session, rpc_text(2, "ping"))->response.status == 404);
  }
  SECTION("but one that nobody began does not") {
    CHECK(stage.say("earlier-1999-01-01", rpc_text(2, "ping"))->response.status == 404);
  }
}

TEST_CASE("a refusal has the id of what it refuses, if there is one", "[mcp][http]") {
  HttpStage stage;
  const Reply unknown = stage.say("no-session", rpc_text("a", "ping"));
  CHECK(unknown->json().at("id") == "a");
  const Reply version = stage.post(rpc_text(5, "ping"), {{"MCP-Protocol-Version", "1999-01-01"}});
  CHECK(version->response.status == 400);
  CHECK(version->json().at("id") == 5);
  CHECK_FALSE(stage.post("{")->json().contains("id"));
}

}  // namespace synapse::mcp
