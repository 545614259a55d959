// SPDX-License-Identifier: AGPL-3.0-or-later
// The card, lists and push configs of a bridge on a real hub, and webhooks.
#include "a2a/bridge.hpp"
#include "a2a/bridge_rig.hpp"
#include "a2a/webhook_receiver.hpp"

using namespace synapse;
using namespace synapse::test;
using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

TEST_CASE("the card shows who is on the bus when it is asked for", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  REQUIRE(bob->advertise({{"description", "builds"}, {"skills", {"cpp"}}}));
  const Rig rig(bus);
  const Json card = rig.get("GET", "/.well-known/agent-card.json");
  CHECK(card["skills"][0]["name"] == "BOB");
  CHECK(card["skills"][0]["tags"] == Json{"cpp", "synapse"});
  const auto ann = join_listening(bus, "ANN");
  REQUIRE(ann->advertise({{"description", "tests"}}));
  CHECK(eventually(patience, [&rig] {
    return rig.get("GET", "/.well-known/agent-card.json")["skills"].size() == 2;
  }));
  const HttpReply none = rig.ask("GET", "/extendedAgentCard");
  CHECK(none.status == 400);
  CHECK_THAT(none.body, Contains("UNSUPPORTED_OPERATION"));
}

TEST_CASE("a client that has the card already is not sent it again", "[a2a][bridge]") {
  const Bus bus;
  const Rig rig(bus);
  const char* path = "/.well-known/agent-card.json";
  const HttpReply first = rig.ask("GET", path);
  CHECK_THAT(first.headers.at("cache-control"), Contains("max-age"));
  CHECK_THAT(first.headers.at("last-modified"), EndsWith(" GMT"));
  const std::string tag = first.headers.at("etag");
  const HttpReply again = rig.ask("GET", path, nullptr, {{"If-None-Match", tag}});
  CHECK(again.status == 304);
  CHECK(again.body.empty());
  CHECK(rig.ask("GET", path, nullptr, {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE("lists and push configs are served by both bindings", "[a2a][bridge]") {
  const Bus bus;
  const Rig rig(bus);
  const std::string id = rig.send("one")["id"];
  rig.send("two");
  const Json page = rig.get("GET", "/tasks?pageSize=1&status=TASK_STATE_WORKING");
  CHECK(page["totalSize"] == 2);
  CHECK(page["pageSize"] == 1);
  const Json rest = rig.get("GET", "/tasks?pageToken=" + page["nextPageToken"].get<std::string>());
  CHECK(rest["tasks"][0]["id"] == id);
  CHECK(rest["nextPageToken"] == "");
  const std::string configs = "/tasks/" + id + "/pushNotificationConfigs";
  const Json made = rig.get("POST", configs, {{"id", "c1"}, {"url", "https://h.example.com/x"}});
  CHECK(made["taskId"] == id);
  CHECK_FALSE(made.contains("webhookUrl"));
  CHECK(rig.get("GET", configs + "/c1")["url"] == "https://h.example.com/x");
  CHECK(rig.get("GET", configs)["configs"].size() == 1);
  CHECK_FALSE(rig.get("GET", configs).contains("pushNotificationConfigs"));
  const auto call = [&rig, &id](const char* method) {
    return rig.get("POST", "/",
                   {{"jsonrpc", "2.0"},
                    {"id", 1},
                    {"method", method},
                    {"params", {{"taskId", id}, {"id", "c1"}}}});
  };
  CHECK(call("ListTaskPushNotificationConfigs")["result"]["configs"].size() == 1);
  CHECK(call("DeleteTaskPushNotificationConfig")["result"] == Json::object());
  CHECK(rig.ask("GET", configs + "/c1").status == 404);
  CHECK(rig.get("DELETE", configs + "/c1") == Json::object());
  CHECK(call("GetTaskPushNotificationConfig")["error"]["code"] == -32001);
  const Json secret = rig.get("POST", configs,
                              {{"id", "c2"},
                               {"url", "https://h.example.com/x"},
                               {"token", "t0ken"},
                               {"authentication", {{"scheme", "Bearer"}, {"credentials", "s3"}}}});
  CHECK(secret["authentication"] == Json{{"scheme", "Bearer"}});
  CHECK_THAT(secret.dump() + rig.get("GET", configs).dump(), !Contains("t0ken") && !Contains("s3"));
  const HttpReply refused = rig.ask("POST", configs, {{"url", "http://127.0.0.1:1/"}});
  CHECK(refused.status == 400);
  CHECK_THAT(refused.body, Contains("loopback"));
}

TEST_CASE("webhooks tell of each state, and one that hangs delays nobody", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  WebhookReceiver hanging([](const ReceivedHook&) { return std::string(); });
  WebhookReceiver prompt;
  const Rig rig(bus, [](RigOptions& options) {
    options.bridge.webhooks.world = {
        [](const std::string&, std::chrono::milliseconds,
           const std::atomic<bool>&) -> Result<a2a::WebhookWorld::Addresses> {
          return a2a::WebhookWorld::Addresses{boost::asio::ip::make_address("127.0.0.1")};
        },
        [](const boost::asio::ip::address&) { return std::string_view(); }};
    options.bridge.webhooks.try_patience = std::chrono::minutes(10);
  });
  const auto config = [](const WebhookReceiver& receiver) {
    return Json{{"url", "http://hooks.example.com:" + std::to_string(receiver.port()) + "/h"},
                {"token", "t0ken"},
                {"authentication", {{"scheme", "Bearer"}, {"credentials", "s3"}}}};
  };
  const Json with_hanging = {{"configuration", {{"taskPushNotificationConfig", config(hanging)}}}};
  rig.send("stuck", with_hanging);
  static_cast<void>(heard_by(*bob));
  static_cast<void>(hanging.next());
  const std::string id =
      rig.send("work", {{"configuration", {{"taskPushNotificationConfig", config(prompt)}}}})["id"];
  const ReceivedHook working = prompt.next();
  CHECK(working.header("Authorization") == "Bearer s3");
  CHECK(working.header("X-A2A-Notification-Token") == "t0ken");
  CHECK(Json::parse(working.body)["task"]["id"] == id);
  CHECK(Json::parse(working.body)["task"]["status"]["state"] == "TASK_STATE_WORKING");
  REQUIRE(bob->chat("BRIDGE", "done " + marker_in(heard_by(*bob))));
  CHECK(Json::parse(prompt.next().body)["task"]["status"]["state"] == "TASK_STATE_COMPLETED");
}
