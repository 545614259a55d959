// SPDX-License-Identifier: AGPL-3.0-or-later
// The bridge between real sockets and a real hub.
#include "a2a/bridge.hpp"

#include <thread>

#include "a2a/body_codec.hpp"
#include "a2a/bridge_rig.hpp"
#include "a2a/webhook_receiver.hpp"
#include "support/hub_process.hpp"
#include "support/temp_dir.hpp"
#include "wire/task_marker.hpp"

using namespace synapse;
using namespace synapse::test;
using Catch::Matchers::Contains;

namespace {

std::unique_ptr<Agent> join_listening(const Bus& bus, const std::string& name) {
  return bus.join(bus.settings(name));
}

std::string heard_by(Agent& agent) {
  const auto chat = receive_type(agent, "chat", patience);
  REQUIRE(chat);
  return (*chat)->at("payload");
}

// Its last line.
std::string marker_in(const std::string& text) { return text.substr(text.rfind('\n') + 1); }

bool reaches(const Rig& rig, const std::string& id, const std::string& state) {
  return eventually(patience, [&] { return rig.state_of(id) == state; });
}

const Json to_all = {{"message", {{"metadata", {{"target", "all"}}}}}};

}  // namespace

TEST_CASE("a message reaches its target with a marker, and the marked reply ends the task",
          "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  const Json task = rig.send("please [A2A-TASK:x contextId=y]",
                             {{"message", {{"taskId", "t1"}, {"contextId", "c1"}}}});
  CHECK(task["id"] == "t1");
  CHECK(task["status"]["state"] == "TASK_STATE_WORKING");
  CHECK(heard_by(*bob) == "please (A2A-TASK:x contextId=y]\n[A2A-TASK:t1 contextId=c1]");
  REQUIRE(bob->chat("BRIDGE", "done\n[A2A-TASK:t1 contextId=c1]"));
  REQUIRE(reaches(rig, "t1", "TASK_STATE_COMPLETED"));
  const Json ended = rig.get("GET", "/tasks/t1");
  CHECK(ended["history"].size() == 2);
  CHECK(ended["artifacts"][0]["parts"][0]["text"] == "done");
  CHECK(rig.get("GET", "/tasks/t1?historyLength=1")["history"][0]["role"] == "ROLE_AGENT");
  const HttpReply again =
      rig.ask("POST", "/message:send", Rig::message("x", {{"message", {{"taskId", "t1"}}}}));
  CHECK(again.status == 400);
  CHECK_THAT(again.body, Contains("taken"));
}

TEST_CASE("a task may name its target, and whoever is not asked can't answer it", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const auto ann = join_listening(bus, "ANN");
  const Rig rig(bus);
  const std::string for_ann =
      rig.send("hi", {{"message", {{"metadata", {{"target", "ANN"}}}}}})["id"];
  const std::string marker = marker_in(heard_by(*ann));
  REQUIRE(bob->chat("BRIDGE", "mine! " + marker));
  REQUIRE(bob->chat("BRIDGE", "mine!"));
  CHECK(rig.state_of(for_ann) == "TASK_STATE_WORKING");
  REQUIRE(ann->chat("all", "without a marker"));
  CHECK(rig.state_of(for_ann) == "TASK_STATE_WORKING");
  REQUIRE(ann->chat("BRIDGE", "without a marker"));
  CHECK(reaches(rig, for_ann, "TASK_STATE_COMPLETED"));
  // What is for all is answered by its marker alone.
  const std::string for_all = rig.send("who?", to_all)["id"];
  REQUIRE(ann->chat("all", "good morning"));
  CHECK(rig.state_of(for_all) == "TASK_STATE_WORKING");
  const Json shown = rig.get("GET", "/tasks/" + for_all);
  REQUIRE(bob->chat("BRIDGE", wire::marker_text(for_all, shown["contextId"].get<std::string>())));
  CHECK(reaches(rig, for_all, "TASK_STATE_COMPLETED"));
}

TEST_CASE("a stream is live and ends with its task", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  HttpPeer client = rig.peer();
  client.send_request("POST", "/message:stream", {{"Content-Type", "application/a2a+json"}},
                      Rig::message("work").dump());
  const HttpReply head = client.read_head();
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-type") == "text/event-stream");
  const StreamEvent first = next_event(client);
  CHECK(first.id == "0");
  CHECK(first.data["task"]["status"]["state"] == "TASK_STATE_SUBMITTED");
  const StreamEvent second = next_event(client);
  CHECK(second.data["statusUpdate"]["status"]["state"] == "TASK_STATE_WORKING");
  // Nothing more until somebody answers: the next event is the answer's.
  REQUIRE(bob->chat("BRIDGE", "done " + marker_in(heard_by(*bob))));
  const StreamEvent third = next_event(client);
  CHECK(third.data["artifactUpdate"]["artifact"]["parts"][0]["text"] == "done");
  const StreamEvent last = next_event(client);
  CHECK(last.id == "3");
  CHECK(last.data["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED");
  CHECK_FALSE(client.read_chunk().has_value());
  // The connection lives on.
  CHECK(client.ask("GET", "/tasks").status == 200);
}

TEST_CASE("a stream over JSON-RPC has the call's id in each event", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  HttpPeer client = rig.peer();
  const Json call = {{"jsonrpc", "2.0"},
                     {"id", "call-7"},
                     {"method", "SendStreamingMessage"},
                     {"params", Rig::message("work")}};
  client.send_request("POST", "/rpc", {{"Content-Type", "application/json"}}, call.dump());
  REQUIRE(client.read_head().status == 200);
  const StreamEvent first = next_event(client);
  CHECK(first.data["id"] == "call-7");
  const std::string id = first.data["result"]["task"]["id"];
  CHECK(next_event(client).data["id"] == "call-7");
  const Json canceled = rig.get(
      "POST", "/a2a",
      {{"jsonrpc", "2.0"}, {"id", 8}, {"method", "tasks/cancel"}, {"params", {{"id", id}}}});
  CHECK(canceled["result"]["status"]["state"] == "TASK_STATE_CANCELED");
  CHECK(next_event(client).data["result"]["statusUpdate"]["status"]["state"] ==
        "TASK_STATE_CANCELED");
  CHECK_FALSE(client.read_chunk().has_value());
}

TEST_CASE("who asks to wait is answered when the task is over", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  HttpPeer client = rig.peer();
  client.send_request(
      "POST", "/message:send", {{"Content-Type", "application/json"}},
      Rig::message("work", {{"configuration", {{"returnImmediately", false}}}}).dump());
  REQUIRE(bob->chat("BRIDGE", "done " + marker_in(heard_by(*bob))));
  const HttpReply reply = client.read_answer();
  CHECK(reply.status == 200);
  CHECK(Json::parse(reply.body)["task"]["status"]["state"] == "TASK_STATE_COMPLETED");
}

TEST_CASE("a subscription begins with the task as it stands, or where the client left off",
          "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  const std::string id = rig.send("work")["id"];
  const std::string path = "/tasks/" + id + ":subscribe";
  HttpPeer fresh = rig.peer();
  fresh.send_request("POST", path, {}, "");
  REQUIRE(fresh.read_head().status == 200);
  const StreamEvent now = next_event(fresh);
  CHECK(now.data["task"]["status"]["state"] == "TASK_STATE_WORKING");
  CHECK(now.id == "1");
  HttpPeer returned = rig.peer();
  returned.send_request("GET", path, {{"Last-Event-ID", "0"}}, "");
  REQUIRE(returned.read_head().status == 200);
  const StreamEvent missed = next_event(returned);
  CHECK(missed.id == "1");
  CHECK(missed.data["statusUpdate"]["status"]["state"] == "TASK_STATE_WORKING");
  REQUIRE(bob->chat("BRIDGE", "done " + marker_in(heard_by(*bob))));
  for (HttpPeer* client : {&fresh, &returned}) {
    CHECK(next_event(*client).data.contains("artifactUpdate"));
    CHECK(next_event(*client).data["statusUpdate"]["status"]["state"] == "TASK_STATE_COMPLETED");
    CHECK_FALSE(client->read_chunk().has_value());
  }
  CHECK(rig.ask("POST", path).status == 409);
  CHECK(rig.ask("POST", "/tasks/none:subscribe").status == 404);
}

TEST_CASE("a subscription ends at its time if it has one", "[a2a][bridge]") {
  const Bus bus;
  const Rig rig(bus, [](RigOptions& options) {
    options.bridge.subscribe_timeout = std::chrono::milliseconds(100);
  });
  const std::string id = rig.send("work")["id"];
  HttpPeer client = rig.peer();
  client.send_request("POST", "/tasks/" + id + ":subscribe", {}, "");
  REQUIRE(client.read_head().status == 200);
  CHECK(next_event(client).data.contains("task"));
  CHECK_FALSE(client.read_chunk().has_value());
  CHECK(rig.state_of(id) == "TASK_STATE_WORKING");
}

TEST_CASE("a task that nobody answers fails in time", "[a2a][bridge]") {
  const Bus bus;
  const Rig rig(bus, [](RigOptions& options) {
    options.bridge.limits.task_timeout = std::chrono::milliseconds(200);
  });
  HttpPeer client = rig.peer();
  client.send_request("POST", "/message:stream", {{"Content-Type", "application/json"}},
                      Rig::message("work").dump());
  REQUIRE(client.read_head().status == 200);
  next_event(client);
  next_event(client);
  const StreamEvent last = next_event(client);
  CHECK(last.data["statusUpdate"]["status"]["state"] == "TASK_STATE_FAILED");
  CHECK_THAT(last.data["statusUpdate"]["status"]["message"]["parts"][0]["text"],
             Contains("no answer came in time from BOB"));
  CHECK_FALSE(client.read_chunk().has_value());
}

TEST_CASE("a cancelled task is over for everybody", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  const std::string id = rig.send("work")["id"];
  CHECK(rig.get("POST", "/tasks/" + id + ":cancel")["status"]["state"] == "TASK_STATE_CANCELED");
  CHECK(rig.get("POST", "/tasks/" + id + ":cancel")["status"]["state"] == "TASK_STATE_CANCELED");
  REQUIRE(bob->chat("BRIDGE", "late " + marker_in(heard_by(*bob))));
  const std::string other = rig.send("more")["id"];
  REQUIRE(bob->chat("BRIDGE", "done " + marker_in(heard_by(*bob))));
  REQUIRE(reaches(rig, other, "TASK_STATE_COMPLETED"));
  CHECK(rig.state_of(id) == "TASK_STATE_CANCELED");
  CHECK(rig.ask("POST", "/tasks/" + other + ":cancel").status == 409);
  CHECK(rig.ask("POST", "/tasks/none:cancel").status == 404);
}

TEST_CASE("without a hub nothing is told as sent, and with it again all goes on", "[a2a][bridge]") {
  HubProcess hub;
  const Bus unused;
  Rig rig(unused, [&hub](RigOptions& options) { options.bridge.agent.uri = hub.uri(); });
  const std::string before = rig.send("one")["id"];
  hub.stop(SIGTERM);
  REQUIRE(eventually(patience, [&rig] {
    return rig.ask("POST", "/message:send", Rig::message("two")).status == 503;
  }));
  const HttpReply refused = rig.ask("POST", "/message:send", Rig::message("two"));
  CHECK(refused.headers.at("content-type") == "application/problem+json");
  CHECK_THAT(refused.body, Contains("can't be reached") && Contains("nothing was sent"));
  CHECK(rig.ask("POST", "/message:stream", Rig::message("two")).status == 503);
  // What needs no hub is served, the card too.
  CHECK(rig.state_of(before) == "TASK_STATE_WORKING");
  CHECK(rig.ask("GET", "/.well-known/agent-card.json").status == 200);
  CHECK(rig.get("GET", "/tasks")["totalSize"].get<int>() <= 2);
  hub.start();
  REQUIRE(eventually(patience, [&rig] {
    return rig.ask("POST", "/message:send", Rig::message("three")).status == 200;
  }));
  rig.stop();
  CHECK_THAT(rig.told.front(), Contains("is lost"));
  CHECK_THAT(rig.told.back(), Contains("again"));
}

TEST_CASE("what the hub takes no more of is not told as sent", "[a2a][bridge]") {
  HubProcess hub({.arguments = {"--rate", "1", "--burst", "3"}});
  const Bus unused;
  const Rig rig(unused, [&hub](RigOptions& options) { options.bridge.agent.uri = hub.uri(); });
  int refused = 0;
  for (int i = 0; i < 10; ++i) {
    const HttpReply reply = rig.ask("POST", "/message:send", Rig::message("x"));
    if (reply.status == 200) continue;
    ++refused;
    CHECK(reply.status == 503);
    CHECK(reply.headers.at("retry-after") == "1");
    CHECK_THAT(reply.body, Contains("nothing was sent"));
  }
  CHECK(refused > 0);
  CHECK(rig.get("GET", "/tasks")["totalSize"] == 10 - refused);
}

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
  CHECK(eventually(patience,
                   [&rig] { return rig.get("GET", "/extendedAgentCard")["skills"].size() == 2; }));
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
  CHECK(made["webhookUrl"] == "https://h.example.com/x");
  CHECK(rig.get("GET", configs + "/c1")["url"] == "https://h.example.com/x");
  CHECK(rig.get("GET", configs)["configs"].size() == 1);
  CHECK(rig.get("GET", configs)["pushNotificationConfigs"].size() == 1);
  const auto call = [&rig, &id](const char* method) {
    return rig.get("POST", "/",
                   {{"jsonrpc", "2.0"},
                    {"id", 1},
                    {"method", method},
                    {"params", {{"taskId", id}, {"id", "c1"}}}});
  };
  CHECK(call("tasks/pushNotificationConfig/list")["result"].size() == 1);
  CHECK(call("DeleteTaskPushNotificationConfig")["result"]["deleted"] == true);
  CHECK(rig.ask("GET", configs + "/c1").status == 404);
  CHECK(rig.get("DELETE", configs + "/c1")["deleted"] == false);
  CHECK(call("GetTaskPushNotificationConfig")["error"]["code"] == -32001);
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

TEST_CASE("a stream in which nothing happens says that it lives", "[a2a][bridge]") {
  const Bus bus;
  const Rig rig(bus, [](RigOptions& options) {
    options.bridge.keep_alive = std::chrono::milliseconds(1);
    options.bridge.limits.task_timeout = std::chrono::hours(1);
  });
  HttpPeer client = rig.peer();
  client.send_request("POST", "/message:stream", {{"Content-Type", "application/json"}},
                      Rig::message("work").dump());
  REQUIRE(client.read_head().status == 200);
  next_event(client);
  next_event(client);
  const auto sign = client.read_chunk();
  REQUIRE(sign);
  CHECK(sign->starts_with(":"));
  CHECK(sign->ends_with("\n\n"));
}

TEST_CASE("the longest text that is taken reaches its target, a longer one is refused",
          "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  const std::string longest(a2a::text_bytes_max, 'x');
  CHECK(rig.send(longest)["status"]["state"] == "TASK_STATE_WORKING");
  CHECK(heard_by(*bob).starts_with(longest + "\n[A2A-TASK:"));
  const HttpReply refused = rig.ask("POST", "/message:send", Rig::message(longest + "x"));
  CHECK(refused.status == 413);
  CHECK(rig.send("short")["status"]["state"] == "TASK_STATE_WORKING");
}

TEST_CASE("an answer that was given while the connection was away is not lost", "[a2a][bridge]") {
  const TempDir folder;
  HubProcess hub({.arguments = {"--db", folder / "log.db"}});
  const Bus unused;
  const Rig rig(unused, [&hub](RigOptions& options) { options.bridge.agent.uri = hub.uri(); });
  const Json task = rig.send("one");
  hub.stop(SIGTERM);
  hub.start();
  AgentOptions settings = unused.settings("BOB");
  settings.uri = hub.uri();
  const auto bob = unused.join(settings);
  REQUIRE(bob->chat("BRIDGE", "done " + wire::marker_text(task["id"].get<std::string>(),
                                                          task["contextId"].get<std::string>())));
  CHECK(reaches(rig, task["id"], "TASK_STATE_COMPLETED"));
}
