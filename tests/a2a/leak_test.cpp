// SPDX-License-Identifier: AGPL-3.0-or-later
// What is said on the bus stays there unless it answers a task, and no task gets the answer to
// another question.
#include <future>
#include <memory>

#include "a2a/bridge_rig.hpp"
#include "workers/worker.hpp"

using namespace synapse;
using namespace synapse::test;
using Catch::Matchers::Contains;

namespace {

// Stands for a language model: what it says has the question in it, and no mark of a task.
class Model final : public workers::ChatBackend {
 public:
  Result<std::string> answer(const workers::Prompt& prompt) override {
    return "My answer to " + prompt.message;
  }
  void cancel() override {}
};

class WorkingWorker {
 public:
  WorkingWorker(const Bus& bus, const std::string& name)
      : worker_(bus.settings(name), std::make_unique<Model>(), options(),
                [](const std::string&) {}) {
    REQUIRE(worker_.connect().has_value());
    serving_ = std::async(std::launch::async, [this] { return worker_.serve(); });
  }
  ~WorkingWorker() { worker_.stop(); }

 private:
  static workers::WorkerOptions options() {
    workers::WorkerOptions options;
    options.provider = "openai";
    options.min_reply_interval = std::chrono::nanoseconds(0);
    return options;
  }

  workers::Worker worker_;
  std::future<Error> serving_;
};

std::string answer_to(const Rig& rig, const std::string& id) {
  REQUIRE(eventually(patience, [&] { return rig.state_of(id) == "TASK_STATE_COMPLETED"; }));
  return rig.get("GET", "/tasks/" + id)["artifacts"][0]["parts"][0]["text"];
}

// What the worker says next to everybody.
std::string said_by_worker(Agent& listener) {
  for (;;) {
    const auto chat = receive_type(listener, "chat", patience);
    REQUIRE(chat);
    if ((*chat)->at("sender") == "BOB") return (*chat)->at("payload");
  }
}

}  // namespace

TEST_CASE("each task gets the answer to its own question, whoever talks to its target meanwhile",
          "[a2a][leak]") {
  const Bus bus;
  const Rig rig(bus);
  const auto human = bus.join("human");
  // Sent before the worker is there: the worker never hears of it.
  const std::string unheard = rig.send("QUESTION-D")["id"];
  const WorkingWorker bob(bus, "BOB");
  REQUIRE(comes_online(*human, "BOB"));
  REQUIRE(human->chat("BOB", "QUESTION-HUMAN, between us"));
  CHECK_THAT(said_by_worker(*human), Contains("QUESTION-HUMAN"));
  const std::string first = rig.send("QUESTION-E")["id"];
  REQUIRE(human->chat("BOB", "QUESTION-HUMAN, the second"));
  const std::string second = rig.send("QUESTION-F")["id"];
  CHECK(answer_to(rig, first) == "My answer to QUESTION-E");
  CHECK(answer_to(rig, second) == "My answer to QUESTION-F");
  CHECK(rig.state_of(unheard) == "TASK_STATE_WORKING");
  CHECK_THAT(rig.get("GET", "/tasks").dump(), !Contains("QUESTION-HUMAN"));
}

TEST_CASE("a task for an agent that is not online fails at once and is told to nobody",
          "[a2a][leak]") {
  const Bus bus;
  const Rig rig(
      bus, [](RigOptions& options) { options.bridge.absent = a2a::BridgeOptions::Absent::fail; });
  const Json failed = rig.send("QUESTION-D");
  CHECK(failed["status"]["state"] == "TASK_STATE_FAILED");
  CHECK_THAT(failed["status"]["message"]["parts"][0]["text"].get<std::string>(),
             Contains("nobody is online") && Contains("BOB"));
  const auto bob = bus.join("BOB");
  CHECK((*bob->inbox({})->frame).at("messages").empty());
  CHECK(rig.send("QUESTION-E")["status"]["state"] == "TASK_STATE_WORKING");
  CHECK_THAT((*receive_type(*bob, "chat", patience))->at("payload").get<std::string>(),
             Contains("QUESTION-E"));
}
