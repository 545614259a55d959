// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/http_door.hpp"

#include "mcp/http_stage.hpp"
#include "support/catch.hpp"

using namespace synapse::mcp;
namespace net = synapse::net;
using Catch::Matchers::Contains;
using synapse::net::HttpRequest;
using synapse::net::HttpResponse;

namespace {

// 0: it may come in.
unsigned refusal(const std::string& method, const net::HttpHeaders& headers,
                 const HttpEntrance& entrance = {}) {
  const auto judged = judge(http_request(method, headers), entrance);
  const auto* response = std::get_if<HttpResponse>(&judged);
  return response == nullptr ? 0 : response->status;
}

HttpWish wish(const std::string& method, const net::HttpHeaders& headers) {
  auto judged = judge(http_request(method, headers), {});
  REQUIRE(std::holds_alternative<HttpWish>(judged));
  return std::get<HttpWish>(judged);
}

HttpEntrance with_token() { return {{}, net::TokenGate("secret", {})}; }

}  // namespace

TEST_CASE("a request says what it wants of which session", "[mcp][http]") {
  const HttpWish said = wish("POST", {{"mcp-session-id", "s"}});
  CHECK(said.kind == HttpWish::Kind::say);
  CHECK(said.session_id == "s");
  CHECK((said.takes_json && said.takes_stream));
  const HttpWish listened = wish("GET", {{"Last-Event-ID", "0-7"}, {"Content-Type", ""}});
  CHECK(listened.kind == HttpWish::Kind::listen);
  CHECK(listened.last_event_id == "0-7");
  CHECK(listened.session_id.empty());
  CHECK(wish("DELETE", {{"Accept", ""}}).kind == HttpWish::Kind::leave);
}

TEST_CASE("what a client does not accept it is not sent", "[mcp][http]") {
  CHECK_FALSE(wish("POST", {{"Accept", "application/json"}}).takes_stream);
  CHECK_FALSE(wish("POST", {{"Accept", "Text/Event-Stream;q=1"}}).takes_json);
  CHECK(wish("POST", {{"Accept", "*/*"}}).takes_stream);
  CHECK(wish("POST", {{"Accept", "text/html , application/*"}}).takes_json);
  CHECK(wish("POST", {{"Accept", ""}}).takes_json);
  CHECK(refusal("POST", {{"Accept", "text/html"}}) == 406);
  CHECK(refusal("POST", {{"Accept", "application/jsonx"}}) == 406);
  CHECK(refusal("GET", {{"Accept", "application/json"}}) == 406);
}

TEST_CASE("a body that is not JSON is refused", "[mcp][http]") {
  CHECK(refusal("POST", {{"Content-Type", "Application/JSON; charset=utf-8"}}) == 0);
  CHECK(refusal("POST", {{"Content-Type", ""}}) == 415);
  // What a page may send without asking first.
  CHECK(refusal("POST", {{"Content-Type", "text/plain"}}) == 415);
}

TEST_CASE("a revision that is not spoken here is refused, and the known ones named",
          "[mcp][http]") {
  for (const char* known : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", ""}) {
    CHECK_FALSE(refused_revision(wish("POST", {{"MCP-Protocol-Version", known}}), nullptr));
  }
  const auto refused =
      refused_revision(wish("GET", {{"mcp-protocol-version", "1999-01-01"}}), nullptr);
  REQUIRE(refused);
  CHECK(refused->status == 400);
  CHECK_THAT(refused->body, Contains("2025-03-26, 2025-06-18") && !Contains("\"id\""));
  CHECK_THAT(refused_revision(wish("GET", {{"mcp-protocol-version", "1999-01-01"}}), 7)->body,
             Contains("\"id\":7"));
}

TEST_CASE("a caller says its name in the path, and may have it by its token alone", "[mcp][http]") {
  const auto named = [](const std::string& target, const HttpEntrance& entrance = {},
                        const std::string& token = "") -> std::string {
    net::HttpHeaders headers;
    if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + token);
    HttpRequest request = http_request("POST", headers);
    request.target = target;
    const auto judged = judge(request, entrance);
    if (const auto* no = std::get_if<HttpResponse>(&judged)) return std::to_string(no->status);
    return std::get<HttpWish>(judged).agent;
  };
  CHECK(named("/mcp").empty());
  CHECK(named("/mcp/shop/claude?x=y") == "shop/claude");
  CHECK(named("/mcp/caf%C3%A9") == "café");
  for (const char* wrong : {"/mcp/a%0Ab", "/mcp/%", "/mcp/%ff", "/mcpx"}) {
    INFO(wrong);
    CHECK(named(wrong) == "404");
  }
  CHECK(named("/mcp/" + std::string(257, 'x')) == "404");
  HttpEntrance entrance;
  const net::TokenBook book =
      *net::TokenBook::parse("t1 shop/ann\nt2 shop/bob,shop/bob-night\nt4 depot/*\n");
  entrance.gate = net::TokenGate("", book);
  CHECK(named("/mcp", entrance, "t1") == "shop/ann");
  CHECK(named("/mcp", entrance, "t2") == "shop/bob");
  CHECK(named("/mcp/shop/bob-night", entrance, "t2") == "shop/bob-night");
  CHECK(named("/mcp/shop/bob", entrance, "t1") == "403");
  CHECK(named("/mcp/depot/eve", entrance, "t4") == "depot/eve");
  CHECK(named("/mcp/shop/ann", entrance, "t4") == "403");
  CHECK(named("/mcp", entrance, "t4") == "403");  // It must say which.
  CHECK(named("/mcp", entrance, "t3") == "401");
  CHECK(named("/mcp", entrance) == "401");
  // Beside the book there may be one token for all the others.
  entrance.gate = net::TokenGate("all", book);
  CHECK(named("/mcp/shop/carl", entrance, "all") == "shop/carl");
  CHECK(named("/mcp", entrance, "t1") == "shop/ann");
}

TEST_CASE("there is one path and three methods", "[mcp][http]") {
  HttpRequest request = http_request("POST", {});
  request.target = "/";
  CHECK(std::get<HttpResponse>(judge(request, {})).status == 404);
  // Where clients look for how to get a token, and must see that there is no such thing.
  request.target = "/.well-known/oauth-protected-resource";
  CHECK(std::get<HttpResponse>(judge(request, with_token())).status == 404);
  request.target = "/mcp/";
  CHECK(std::get<HttpResponse>(judge(request, {})).status == 404);
  request.target = "/mcp?x=y";
  CHECK(std::holds_alternative<HttpWish>(judge(request, {})));
  const auto judged = judge(http_request("PUT", {}), {});
  CHECK(std::get<HttpResponse>(judged).status == 405);
  CHECK(std::get<HttpResponse>(judged).headers == net::HttpHeaders{{"Allow", "POST, GET, DELETE"}});
  CHECK(refusal("OPTIONS", {}) == 405);
}

TEST_CASE("a foreign Host or Origin is refused before anything else is looked at", "[mcp][http]") {
  for (const char* method : {"POST", "GET", "DELETE", "OPTIONS", "PUT"}) {
    CHECK(refusal(method, {{"Host", "evil.example:8878"}}) == 403);
    CHECK(refusal(method, {{"Origin", "http://evil.example"}}, with_token()) == 403);
  }
  CHECK(refusal("POST", {{"Host", "localhost:8878"}}) == 0);
  CHECK(refusal("POST", {{"Origin", "http://127.0.0.1:8878"}}) == 0);
  CHECK(refusal("POST", {{"Origin", "null"}}) == 403);
  HttpEntrance open;
  open.door.is_on_loopback = false;
  CHECK(refusal("POST", {{"Host", "hub.example"}}, open) == 0);
  CHECK(refusal("POST", {{"Host", "hub.example"}, {"Origin", "http://evil.example"}}, open) == 403);
}

TEST_CASE("a token that is asked for is a bearer token", "[mcp][http]") {
  const HttpEntrance door = with_token();
  for (const char* method : {"POST", "GET", "DELETE"}) {
    CHECK(refusal(method, {}, door) == 401);
    CHECK(refusal(method, {{"Authorization", "Bearer secret"}}, door) == 0);
  }
  CHECK(refusal("POST", {{"Authorization", "bearer secret"}}, door) == 0);
  for (const char* wrong : {"Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer Secret",
                            "Basic secret", "secret", "Bearersecret"}) {
    CAPTURE(wrong);
    CHECK(refusal("POST", {{"Authorization", wrong}}, door) == 401);
  }
  const auto judged = judge(http_request("POST", {}), door);
  CHECK(std::get<HttpResponse>(judged).headers == net::HttpHeaders{{"WWW-Authenticate", "Bearer"}});
  CHECK_THAT(std::get<HttpResponse>(judged).body, !Contains("secret"));
}

TEST_CASE("a page of an allowed origin may ask and read, no other may", "[mcp][http]") {
  HttpEntrance entrance = with_token();
  entrance.door.allowed_origins = {"http://localhost:6274"};
  const net::HttpHeaders page{{"Origin", "http://localhost:6274"}};
  CHECK(refusal("POST", page, entrance) == 401);
  CHECK(refusal("POST", {page[0], {"Authorization", "Bearer secret"}}, entrance) == 0);
  const HttpRequest asking = http_request("OPTIONS", page);
  CHECK(std::get<HttpResponse>(judge(asking, entrance)).status == 204);
  const auto value = [](const net::HttpHeaders& headers, const char* name) -> std::string {
    for (const auto& [key, text] : headers) {
      if (key == name) return text;
    }
    return "";
  };
  const net::HttpHeaders allowed = headers_for_page(asking, entrance.door);
  CHECK(value(allowed, "Access-Control-Allow-Origin") == "http://localhost:6274");
  CHECK_THAT(value(allowed, "Access-Control-Allow-Headers"),
             Contains("Authorization") && Contains("Mcp-Session-Id") && Contains("Mcp-Method") &&
                 Contains("Mcp-Name"));
  CHECK_THAT(value(headers_for_page(http_request("POST", page), entrance.door),
                   "Access-Control-Expose-Headers"),
             Contains("Mcp-Session-Id"));
  CHECK(headers_for_page(http_request("POST", {{"Origin", "http://localhost:1"}}), entrance.door)
            .empty());
  CHECK(headers_for_page(http_request("POST", {}), entrance.door).empty());
}
