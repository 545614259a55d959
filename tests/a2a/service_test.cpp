// SPDX-License-Identifier: AGPL-3.0-or-later
// Who may ask the bridge, and what it makes of clients that ask badly or slowly.
#include "a2a/service.hpp"

#include "a2a/body_codec.hpp"
#include "a2a/bridge_rig.hpp"
#include "support/loopback.hpp"

using namespace synapse;
using namespace synapse::test;
using Catch::Matchers::Contains;

namespace {

int code_of(const HttpReply& reply) { return Json::parse(reply.body)["error"]["code"]; }

}  // namespace

TEST_CASE("with a token everything but the card asks for it", "[a2a][service]") {
  const Bus bus;
  const Rig rig(bus, [](RigOptions& options) { options.service.token = "s3cret"; });
  CHECK(rig.ask("GET", "/.well-known/agent-card.json").status == 200);
  for (const char* path : {"/tasks", "/extendedAgentCard", "/nowhere"}) {
    const HttpReply reply = rig.ask("GET", path);
    CHECK(reply.status == 401);
    CHECK(reply.headers.at("www-authenticate") == "Bearer");
    CHECK(reply.headers.at("content-type") == "application/a2a+json");
  }
  CHECK(rig.ask("POST", "/message:send", Rig::message("x")).status == 401);
  CHECK(rig.ask("POST", "/", Json::object()).status == 401);
  for (const char* wrong : {"Bearer s3cre", "Bearer s3cret2", "s3cret", "Basic s3cret", "Bearer"}) {
    CHECK(rig.ask("GET", "/tasks", nullptr, {{"Authorization", wrong}}).status == 401);
  }
  for (const char* right : {"Bearer s3cret", "bearer s3cret"}) {
    CHECK(rig.ask("GET", "/tasks", nullptr, {{"Authorization", right}}).status == 200);
  }
}

TEST_CASE("foreign names and foreign pages are turned away", "[a2a][service]") {
  const Bus bus;
  const Rig rig(bus);
  CHECK(rig.ask("GET", "/tasks", nullptr, {{"Host", "evil.example.com"}}).status == 403);
  CHECK(rig.ask("GET", "/.well-known/agent-card.json", nullptr, {{"Host", "evil.example.com"}})
            .status == 403);
  CHECK(rig.ask("GET", "/tasks", nullptr, {{"Origin", "https://evil.example.com"}}).status == 403);
  CHECK(rig.ask("GET", "/tasks", nullptr, {{"Host", "localhost:1"}}).status == 200);
  // Its public name, which what stands in front of it may pass on.
  CHECK(rig.ask("GET", "/tasks", nullptr, {{"Host", "a2a.example.com"}}).status == 200);
  CHECK(rig.ask("GET", "/tasks", nullptr, {{"Origin", "http://a2a.example.com"}}).status == 200);
}

TEST_CASE("each bad request is answered with its problem", "[a2a][service]") {
  const Bus bus;
  const Rig rig(bus);
  const auto post = [&rig](const std::string& path, const std::string& type,
                           const std::string& body) {
    return rig.peer().ask("POST", path, {{"Content-Type", type}}, body);
  };
  const HttpReply malformed = post("/message:send", "application/json", "{");
  CHECK(malformed.status == 400);
  CHECK(malformed.headers.at("content-type") == "application/a2a+json");
  const Json error = Json::parse(malformed.body).at("error");
  CHECK(error["code"] == 400);
  CHECK(error["status"] == "INVALID_ARGUMENT");
  CHECK_FALSE(error["message"].get<std::string>().empty());
  CHECK(post("/message:send", "application/json", "").status == 400);
  CHECK(post("/message:send", "text/plain", "{}").status == 400);
  const HttpReply wrong_type = post("/rpc", "text/plain", "{}");
  CHECK(wrong_type.status == 200);
  CHECK(code_of(wrong_type) == -32005);
  CHECK(post("/message:send", "application/a2a+json; charset=utf-8", "{}").status == 400);
  const std::string deep = "{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}";
  CHECK(post("/message:send", "application/json", deep).status == 400);
  const std::string large(a2a::body_bytes_max + 1, ' ');
  const HttpReply too_large = post("/message:send", "application/json", large);
  CHECK(too_large.status == 413);
  CHECK(too_large.headers.at("content-type") == "application/a2a+json");
  CHECK(post("/message:send", "application/json", std::string(4UL << 20U, ' ')).status == 413);
  CHECK(rig.ask("PUT", "/tasks").headers.at("allow") == "GET");
  CHECK(rig.ask("PUT", "/tasks").status == 405);
  CHECK(rig.ask("GET", "/nowhere").status == 404);
  CHECK(rig.ask("GET", "/tasks?pageSize=0").status == 400);
  CHECK(rig.ask("GET", "/tasks", nullptr, {{"A2A-Version", "2.0"}}).status == 400);
  CHECK(rig.ask("GET", "/tasks", nullptr, {{"A2A-Version", "1.0"}}).status == 200);
  CHECK(rig.ask("GET", "/tasks?pageSize=101").status == 400);
  Json images = Rig::message("x");
  images["configuration"]["acceptedOutputModes"] = {"image/png"};
  CHECK_THAT(rig.ask("POST", "/message:send", images).body, Contains("CONTENT_TYPE_NOT_SUPPORTED"));
}

TEST_CASE("a version that is not spoken here is refused, wherever it stands", "[a2a][service]") {
  const Bus bus;
  const Rig rig(bus);
  // A blank one is 0.3.
  for (const char* version : {"0.3", "9.9", ""}) {
    CHECK_THAT(rig.ask("GET", "/tasks", nullptr, {{"A2A-Version", version}}).body,
               Contains("VERSION_NOT_SUPPORTED"));
    CHECK(rig.ask("GET", std::string("/tasks?A2A-Version=") + version).status == 400);
    const HttpReply call =
        rig.ask("POST", "/rpc", {{"jsonrpc", "2.0"}, {"id", 7}, {"method", "ListTasks"}},
                {{"A2A-Version", version}});
    CHECK(call.status == 200);
    CHECK(code_of(call) == -32009);
    CHECK(Json::parse(call.body)["id"] == 7);
  }
  CHECK(rig.ask("GET", "/tasks?A2A-Version=1.0").status == 200);
  CHECK(rig.ask("GET", "/tasks").status == 200);
  // The card says which is spoken.
  CHECK(rig.ask("GET", "/.well-known/agent-card.json", nullptr, {{"A2A-Version", "9.9"}}).status ==
        200);
}

TEST_CASE("requests may have the spelling of the .proto file, and answers have the usual one",
          "[a2a][service]") {
  const Bus bus;
  const auto bob = bus.join("BOB");
  const Rig rig(bus);
  const Json body = {{"message",
                      {{"message_id", "m"},
                       {"role", 1},
                       {"context_id", "c"},
                       {"metadata", {{"some_key", 1}}},
                       {"future", true},
                       {"parts",
                        {{{"data", {{"snake_case", 1}}}},
                         {{"url", "u:1"}, {"media_type", "image/png"}, {"kind", "file"}}}}}},
                     {"configuration", {{"return_immediately", true}}}};
  const Json task = rig.get("POST", "/message:send", body)["task"];
  CHECK(task["history"][0] ==
        Json{{"messageId", "m"},
             {"role", "ROLE_USER"},
             {"contextId", "c"},
             {"taskId", task["id"]},
             {"metadata", {{"some_key", 1}}},
             {"parts",
              {{{"data", {{"snake_case", 1}}}}, {{"url", "u:1"}, {"mediaType", "image/png"}}}}});
  CHECK(rig.get("GET", "/tasks?page_size=1&status=TASK_STATE_WORKING")["pageSize"] == 1);
}

TEST_CASE("lists leave artifacts out unless they are asked for", "[a2a][service]") {
  const Bus bus;
  const auto bob = bus.join("BOB");
  const Rig rig(bus);
  const std::string id = rig.send("work")["id"];
  REQUIRE(bob->chat("BRIDGE", "done"));
  REQUIRE(eventually(patience, [&] { return rig.state_of(id) == "TASK_STATE_COMPLETED"; }));
  CHECK_FALSE(rig.get("GET", "/tasks")["tasks"][0].contains("artifacts"));
  CHECK(rig.get("GET", "/tasks?includeArtifacts=true")["tasks"][0]["artifacts"].size() == 1);
}

TEST_CASE("bad calls of JSON-RPC have its codes", "[a2a][service]") {
  const Bus bus;
  const Rig rig(bus);
  const auto call = [&rig](const std::string& body) {
    return rig.peer().ask("POST", "/", {{"Content-Type", "application/json"}}, body);
  };
  CHECK(code_of(call("{")) == -32700);
  CHECK(code_of(call("[]")) == -32600);
  CHECK(code_of(call(R"({"jsonrpc":"2.0","id":1,"method":"fly"})")) == -32601);
  CHECK(code_of(call(R"({"jsonrpc":"2.0","id":1,"method":"GetTask","params":{}})")) == -32602);
  CHECK(code_of(call(R"({"jsonrpc":"2.0","id":1,"method":"GetTask","params":{"id":"x"}})")) ==
        -32001);
  CHECK(
      code_of(call(R"({"jsonrpc":"2.0","id":1,"method":"SubscribeToTask","params":{"id":"x"}})")) ==
      -32001);
  CHECK(code_of(call(R"({"jsonrpc":"2.0","id":1,"method":"message/send","params":{}})")) == -32009);
  // A call without an id wants no answer.
  for (const char* method : {"ListTasks", "fly"}) {
    const HttpReply none = call(R"({"jsonrpc":"2.0","method":")" + std::string(method) + "\"}");
    CHECK(none.status == 204);
    CHECK(none.body.empty());
  }
}

TEST_CASE("idle and endless clients keep nobody from being served", "[a2a][service]") {
  const Bus bus;
  const Rig rig(bus, [](RigOptions& options) {
    options.service.server.head_timeout = std::chrono::milliseconds(300);
    options.service.server.body_timeout = std::chrono::milliseconds(300);
  });
  std::vector<Fd> idle;
  for (int i = 0; i < 500; ++i) {
    auto socket = try_connect(rig.service->port());
    REQUIRE(socket);
    idle.push_back(std::move(*socket));
  }
  HttpPeer endless_head = rig.peer();
  endless_head.send("POST /message:send HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ");
  HttpPeer endless_body = rig.peer();
  endless_body.send(
      "POST /message:send HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
      "Content-Length: 1000\r\n\r\n{");
  for (int i = 0; i < 20; ++i) {
    CHECK(rig.ask("POST", "/message:send", Rig::message("x")).status == 200);
  }
  CHECK(endless_head.read_answer().status == 408);
  CHECK(endless_body.read_answer().status == 408);
  CHECK(rig.service->port() != 0);
}

TEST_CASE("a stream whose client leaves is forgotten", "[a2a][service]") {
  const Bus bus;
  const auto bob = bus.join("BOB");
  const Rig rig(bus);
  std::string id;
  {
    HttpPeer client = rig.peer();
    client.send_request("POST", "/message:stream", {{"Content-Type", "application/json"}},
                        Rig::message("work").dump());
    REQUIRE(client.read_head().status == 200);
    id = next_event(client).data["task"]["id"];
  }
  REQUIRE(bob->chat("BRIDGE", "done"));
  CHECK(eventually(patience, [&] { return rig.state_of(id) == "TASK_STATE_COMPLETED"; }));
}
