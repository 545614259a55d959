// SPDX-License-Identifier: AGPL-3.0-or-later
#include <sys/stat.h>

#include <fstream>

#include "a2a/bridge_rig.hpp"
#include "a2a/state_codec.hpp"
#include "a2a/webhook_receiver.hpp"
#include "support/file_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using namespace synapse::a2a;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

Task sample() {
  Task task;
  task.id = "t";
  task.context_id = "c";
  task.target = "BOB";
  task.state = TaskState::completed;
  task.status_message = R"({"messageId":"a"})";
  task.history = {R"({"messageId":"m","text":"é"})", R"({"messageId":"a"})"};
  task.artifacts = {R"({"artifactId":"r"})"};
  task.created_at = 1.5;
  task.updated_at = 2.25;
  task.push_configs = {{"p", "https://h.example.com/", "t", "Bearer", "s"}};
  return task;
}

Rig::Change with_state(const fs::path& file) {
  return [file](RigOptions& options) { options.bridge.state_file = file; };
}

Result<> load(const Bus& bus, const fs::path& file) {
  boost::asio::io_context io;
  base::SystemClock clock;
  BridgeOptions options;
  options.agent = bus.settings("OTHER");
  options.state_file = file;
  Bridge bridge(io, options, clock);
  return bridge.load();
}

}  // namespace

TEST_CASE("a task is read as it was written", "[a2a][state]") {
  const Task task = sample();
  const auto read = read_state(state_text({{state_record(task)}, {}}));
  REQUIRE(read);
  REQUIRE(read->tasks.size() == 1);
  CHECK(*state_record(read->tasks.front()) == *state_record(task));
  CHECK(read->tasks.front().push_configs.at(0).credentials == "s");
  CHECK(read_state(state_text({}))->tasks.empty());
}

TEST_CASE("a webhook is read as it was written", "[a2a][state]") {
  const Webhook hook{"https://h.example.com/", "Bearer s", "t",
                     std::make_shared<const std::string>("{\"a\": 1}")};
  const auto read = read_state(state_text({{}, {state_record(hook)}}));
  REQUIRE(read);
  REQUIRE(read->webhooks.size() == 1);
  CHECK(read->webhooks[0].url == hook.url);
  CHECK(read->webhooks[0].authorization == hook.authorization);
  CHECK(read->webhooks[0].token == hook.token);
  CHECK(*read->webhooks[0].body == *hook.body);
  CHECK(read_state(R"({"version":1,"tasks":[],"webhooks":[{"url":"x"}]})").has_error());
  CHECK(read_state(R"({"version":1,"tasks":[],"webhooks":{}})").has_error());
}

TEST_CASE("webhooks that wait when the bridge ends are sent after the next start", "[a2a][state]") {
  const TempDir folder;
  const fs::path file = folder / "state.json";
  const Bus bus;
  const auto bob = bus.join("BOB");
  WebhookReceiver refusing([](const ReceivedHook&) { return std::string(); });
  WebhookReceiver taking;
  std::uint16_t port = refusing.port();
  const auto with_port = [&](RigOptions& options) {
    options.bridge.state_file = file;
    options.bridge.webhooks.try_patience = std::chrono::minutes(10);
    options.bridge.webhooks.world = {
        [](const std::string&, std::chrono::milliseconds,
           const std::atomic<bool>&) -> Result<a2a::WebhookWorld::Addresses> {
          return a2a::WebhookWorld::Addresses{boost::asio::ip::make_address("127.0.0.1")};
        },
        [](const boost::asio::ip::address&) { return std::string_view(); }};
  };
  {
    const Rig rig(bus, with_port);
    rig.send("work", {{"configuration",
                       {{"taskPushNotificationConfig",
                         {{"url", "http://hooks.example.com:" + std::to_string(port) + "/h"},
                          {"token", "t0ken"}}}}}});
    static_cast<void>(refusing.next());
  }
  // The same webhook, to where somebody answers.
  std::string kept = text_of(file);
  const std::string before = ":" + std::to_string(port) + "/h";
  for (std::size_t at = kept.find(before); at != std::string::npos; at = kept.find(before)) {
    kept.replace(at, before.size(), ":" + std::to_string(taking.port()) + "/h");
  }
  std::ofstream(file) << kept;
  const Rig rig(bus, with_port);
  const ReceivedHook sent = taking.next();
  CHECK(sent.header("X-A2A-Notification-Token") == "t0ken");
  CHECK(Json::parse(sent.body)["task"]["status"]["state"] == "TASK_STATE_WORKING");
}

TEST_CASE("a state that is not whole is refused", "[a2a][state]") {
  const std::string whole = state_text({{state_record(sample())}, {}});
  for (std::size_t length = 0; length < whole.size() - 1; length += 7) {
    INFO(length);
    CHECK(read_state(whole.substr(0, length)).error().code == ErrorCode::corrupt);
  }
  const Json good = Json::parse(whole);
  for (const char* field : {"id", "contextId", "target", "state", "createdAt", "updatedAt",
                            "history", "artifacts", "pushConfigs"}) {
    Json bad = good;
    bad["tasks"][0].erase(field);
    CHECK_THAT(read_state(bad.dump()).error().message, Contains(field));
  }
  Json newer = good;
  newer["version"] = 2;
  CHECK(read_state(newer.dump()).has_error());
  CHECK(read_state("{\"tasks\":{}}").has_error());
}

TEST_CASE("tasks live on over a restart, and one that was open fails with a reason",
          "[a2a][state]") {
  const TempDir folder;
  const fs::path file = folder / "state.json";
  const Bus bus;
  const auto bob = bus.join("BOB");
  std::string over;
  std::string open;
  {
    const Rig rig(bus, with_state(file));
    over = rig.send("one")["id"];
    REQUIRE(bob->chat("BRIDGE", "done"));
    REQUIRE(eventually(patience, [&] { return rig.state_of(over) == "TASK_STATE_COMPLETED"; }));
    open = rig.send("two")["id"];
    rig.get("POST", "/tasks/" + open + "/pushNotificationConfigs",
            {{"id", "c"}, {"url", "https://h.example.com/"}});
    // What a client was told of is in the file by then.
    CHECK_THAT(text_of(file), Contains(open) && Contains("h.example.com"));
    CHECK(fs::status(file).permissions() == fs::perms(0600));
  }
  const Rig rig(bus, with_state(file));
  CHECK(rig.get("GET", "/tasks/" + over)["artifacts"].size() == 1);
  const Json failed = rig.get("GET", "/tasks/" + open);
  CHECK(failed["status"]["state"] == "TASK_STATE_FAILED");
  CHECK_THAT(failed["status"]["message"]["parts"][0]["text"], Contains("started again"));
  CHECK(rig.get("GET", "/tasks/" + open + "/pushNotificationConfigs")["configs"].size() == 1);
}

TEST_CASE("a crash loses no task that a client was told of", "[a2a][state]") {
  const TempDir folder;
  const fs::path file = folder / "state.json";
  const fs::path copy = folder / "copy.json";
  const Bus bus;
  std::vector<std::string> told;
  {
    const Rig rig(bus, with_state(file));
    for (int i = 0; i < 20; ++i) told.push_back(rig.send("x")["id"]);
    fs::copy_file(file, copy);
  }
  const auto kept = read_state(text_of(copy));
  REQUIRE(kept);
  CHECK(kept->tasks.size() == told.size());
}

TEST_CASE("a state file that can't be used is named and left alone", "[a2a][state]") {
  const TempDir folder;
  const Bus bus;
  const fs::path file = folder / "state.json";
  std::ofstream(file) << "{ broken";
  const Result<> broken = load(bus, file);
  REQUIRE(broken.has_error());
  CHECK(broken.error().code == ErrorCode::corrupt);
  CHECK_THAT(broken.error().message, Contains("state.json"));
  CHECK(text_of(file) == "{ broken");
  fs::create_directory(folder / "folder");
  CHECK_THAT(load(bus, folder / "folder").error().message, Contains("folder"));
  CHECK(load(bus, folder / "new" / "state.json"));
}

TEST_CASE("two bridges never share a state file", "[a2a][state]") {
  const TempDir folder;
  const Bus bus;
  const fs::path file = folder / "state.json";
  const Rig rig(bus, with_state(file));
  const Result<> second = load(bus, file);
  REQUIRE(second.has_error());
  CHECK(second.error().code == ErrorCode::locked);
  CHECK_THAT(second.error().message, Contains("another bridge"));
}

TEST_CASE("a task that can't be saved is not told as made", "[a2a][state]") {
  const TempDir folder;
  const fs::path home = folder / "home";
  fs::create_directory(home);
  const Bus bus;
  Rig rig(bus, with_state(home / "state.json"));
  // The file's place is gone.
  fs::rename(home, folder / "away");
  const HttpReply reply = rig.ask("POST", "/message:send", Rig::message("x"));
  CHECK(reply.status == 503);
  CHECK_THAT(reply.body, Contains("could not be saved"));
  fs::rename(folder / "away", home);
  CHECK(rig.ask("POST", "/message:send", Rig::message("x")).status == 200);
  rig.stop();
  REQUIRE_FALSE(rig.told.empty());
  CHECK_THAT(rig.told.front(), Contains("state.json") && Contains("tried again"));
  CHECK_THAT(rig.told.back(), Contains("written again"));
}
