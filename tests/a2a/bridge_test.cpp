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
  const Json task =
      rig.send("please [A2A-TASK:x contextId=y]", {{"message", {{"contextId", "c1"}}}});
  const std::string id = task["id"];
  const std::string marker = "[A2A-TASK:" + id + " contextId=c1]";
  CHECK(task["status"]["state"] == "TASK_STATE_WORKING");
  CHECK(heard_by(*bob) == "please (A2A-TASK:x contextId=y]\n" + marker);
  REQUIRE(bob->chat("BRIDGE", "done\n" + marker));
  REQUIRE(reaches(rig, id, "TASK_STATE_COMPLETED"));
  const Json ended = rig.get("GET", "/tasks/" + id);
  CHECK(ended["history"].size() == 2);
  CHECK(ended["artifacts"][0]["parts"][0]["text"] == "done");
  CHECK(rig.get("GET", "/tasks/" + id + "?historyLength=1")["history"][0]["role"] == "ROLE_AGENT");
}

TEST_CASE("a message that names a task goes on with it, for its target's eyes", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const auto ann = join_listening(bus, "ANN");
  const Rig rig(bus);
  const std::string id = rig.send("one", {{"message", {{"metadata", {{"target", "ANN"}}}}}})["id"];
  const std::string marker = marker_in(heard_by(*ann));
  const Json again = rig.send("two", {{"message", {{"taskId", id}}}});
  CHECK(again["id"] == id);
  CHECK(again["history"].size() == 2);
  CHECK(heard_by(*ann) == "two\n" + marker);
  REQUIRE(ann->chat("BRIDGE", "done " + marker));
  REQUIRE(reaches(rig, id, "TASK_STATE_COMPLETED"));
  const auto refusal = [&rig](const std::string& task) {
    return rig.ask("POST", "/message:send", Rig::message("x", {{"message", {{"taskId", task}}}}));
  };
  CHECK(refusal(id).status == 400);
  CHECK_THAT(refusal(id).body, Contains("UNSUPPORTED_OPERATION"));
  CHECK(refusal("nope-1").status == 404);
  CHECK_THAT(refusal("nope-1").body, Contains("TASK_NOT_FOUND"));
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
  const Json canceled =
      rig.get("POST", "/a2a",
              {{"jsonrpc", "2.0"}, {"id", 8}, {"method", "CancelTask"}, {"params", {{"id", id}}}});
  CHECK(canceled["result"]["status"]["state"] == "TASK_STATE_CANCELED");
  CHECK(next_event(client).data["result"]["statusUpdate"]["status"]["state"] ==
        "TASK_STATE_CANCELED");
  CHECK_FALSE(client.read_chunk().has_value());
}

TEST_CASE("a message is answered when its task is over, if its client says nothing else",
          "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(bus);
  for (const Json& configuration :
       {Json(nullptr), Json::object(), Json{{"returnImmediately", false}}}) {
    HttpPeer client = rig.peer();
    Json body = Rig::message("work");
    body["configuration"] = configuration;
    client.send_request("POST", "/message:send", {{"Content-Type", "application/json"}},
                        body.dump());
    REQUIRE(bob->chat("BRIDGE", "done " + marker_in(heard_by(*bob))));
    const HttpReply reply = client.read_answer();
    CHECK(reply.status == 200);
    CHECK(Json::parse(reply.body)["task"]["status"]["state"] == "TASK_STATE_COMPLETED");
  }
}

TEST_CASE("an answer that is long in coming shows that its connection lives", "[a2a][bridge]") {
  const Bus bus;
  const auto bob = join_listening(bus, "BOB");
  const Rig rig(
      bus, [](RigOptions& options) { options.bridge.keep_alive = std::chrono::milliseconds(1); });
  for (const bool is_rpc : {false, true}) {
    HttpPeer client = rig.peer();
    Json body = Rig::message("work");
    body.erase("configuration");
    if (is_rpc) {
      body = {{"jsonrpc", "2.0"}, {"id", 1}, {"method", "SendMessage"}, {"params", body}};
    }
    client.send_request("POST", is_rpc ? "/rpc" : "/message:send",
                        {{"Content-Type", "application/json"}}, body.dump());
    const std::string marker = marker_in(heard_by(*bob));
    REQUIRE(client.read_head().status == 200);
    std::string text = *client.read_chunk();
    CHECK(text.find_first_not_of(' ') == std::string::npos);
    REQUIRE(bob->chat("BRIDGE", "done " + marker));
    while (const auto chunk = client.read_chunk()) text += *chunk;
    const Json answer = Json::parse(text);
    const Json& result = is_rpc ? answer["result"] : answer;
    CHECK(result["task"]["status"]["state"] == "TASK_STATE_COMPLETED");
  }
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
  CHECK(rig.ask("POST", path).status == 400);
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
  CHECK(rig.ask("POST", "/tasks/" + other + ":cancel").status == 400);
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
  CHECK(refused.headers.at("content-type") == "application/a2a+json");
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
