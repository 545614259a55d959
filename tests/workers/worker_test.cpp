// SPDX-License-Identifier: AGPL-3.0-or-later
// Workers on a hub in this process, with back ends that do what the test says.
#include "workers/worker.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <set>

#include "cli/bus.hpp"
#include "support/result_text.hpp"
#include "workers/model_backend.hpp"
#include "workers/model_process.hpp"

using namespace synapse::workers;
using Catch::Matchers::Contains;
using synapse::Agent;
using synapse::ErrorCode;
using synapse::Json;
using synapse::test::Bus;
using synapse::test::eventually;
using synapse::test::ModelProcess;
using synapse::test::patience;
using synapse::test::receive_type;

namespace {

using Answerer = std::function<synapse::Result<std::string>(const Prompt&)>;

class ScriptedBackend final : public ChatBackend {
 public:
  explicit ScriptedBackend(Answerer answerer) : answerer_(std::move(answerer)) {}
  synapse::Result<std::string> answer(const Prompt& prompt) override { return answerer_(prompt); }
  void cancel() override {}

 private:
  Answerer answerer_;
};

WorkerOptions quick() {
  WorkerOptions options;
  options.provider = "rule";
  options.min_reply_interval = std::chrono::nanoseconds(0);
  return options;
}

// A worker that serves on a thread of its own, from when it is on the bus until it goes.
class Running {
 public:
  Running(const Bus& bus, const std::string& name, std::unique_ptr<ChatBackend> backend,
          const WorkerOptions& options = quick())
      : worker_(bus.settings(name), std::move(backend), options, [this](const std::string& line) {
          const std::lock_guard lock(mutex_);
          told_ += line + '\n';
        }) {
    REQUIRE(worker_.connect().has_value());
    serving_ = std::async(std::launch::async, [this] { return worker_.serve(); });
  }
  Running(const Bus& bus, const std::string& name, Answerer answerer,
          const WorkerOptions& options = quick())
      : Running(bus, name, std::make_unique<ScriptedBackend>(std::move(answerer)), options) {}
  ~Running() { worker_.stop(); }

  synapse::Error stop() {
    worker_.stop();
    return serving_.get();
  }
  [[nodiscard]] std::string told() {
    const std::lock_guard lock(mutex_);
    return told_;
  }

 private:
  std::mutex mutex_;
  std::string told_;
  Worker worker_;
  std::future<synapse::Error> serving_;
};

synapse::Result<std::string> echo(const Prompt& prompt) { return "about " + prompt.message; }

// Who speaks next but `self`; blank at the deadline.
std::string next_speaker(Agent& listener, const std::string& self) {
  for (;;) {
    const auto frame = receive_type(listener, "chat", patience);
    if (!frame) return "";
    if ((*frame)->at("sender") != self) return (*frame)->at("sender");
  }
}

// What `sender` says next; blank at the deadline.
Json chat_of(Agent& listener, const std::string& sender) {
  for (;;) {
    const auto frame = receive_type(listener, "chat", patience);
    if (!frame) return Json::object();
    if ((*frame)->at("sender") == sender) return **frame;
  }
}

}  // namespace

TEST_CASE("a worker shows a card of what it is", "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  WorkerOptions options = quick();
  options.provider = "ollama";
  options.model = "m";
  options.task_classes = {"chat", "review"};
  const Running worker(bus, "W", echo, options);
  const auto frame = receive_type(*peer, "capability_advertised", patience);
  REQUIRE(frame.has_value());
  const Json& card = (*frame)->at("card");
  CHECK(card.at("agent") == "W");
  CHECK(card.at("description") == "ollama chat worker");
  CHECK(card.at("skills") == Json{"ollama"});
  CHECK(card.at("task_classes") == Json{"chat", "review"});
  CHECK(card.at("model") == "m");
}

TEST_CASE("a worker answers in one line of at most 420 characters", "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  const Running worker(bus, "W", [](const Prompt&) -> synapse::Result<std::string> {
    return "a\n\n b" + std::string(1000, 'x');
  });
  REQUIRE(peer->chat("W", "hello")->granted);
  const Json reply = chat_of(*peer, "W");
  CHECK(reply.at("target") == "all");
  CHECK(reply.at("payload") == "a b" + std::string(416, 'x') + "…");
}

TEST_CASE("a worker repeats the mark of a task from outside, which its model never sees",
          "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  const Running worker(bus, "W", echo);
  REQUIRE(peer->chat("W", "count\n[A2A-TASK:t contextId=c]")->granted);
  CHECK(chat_of(*peer, "W").at("payload") == "about count\n[A2A-TASK:t contextId=c]");
  REQUIRE(peer->chat("W", "plain")->granted);
  CHECK(chat_of(*peer, "W").at("payload") == "about plain");
}

TEST_CASE("a worker answers its asker alone when told to", "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  WorkerOptions options = quick();
  options.reply_to = WorkerOptions::ReplyTo::sender;
  const Running worker(bus, "W", echo, options);
  REQUIRE(peer->chat("all", "hello W")->granted);
  CHECK(chat_of(*peer, "W").at("target") == "P");
}

TEST_CASE("a worker's model is shown what was said before, and the message by itself",
          "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  WorkerOptions options = quick();
  options.context_max = 2;
  std::promise<Prompt> shown;
  const Running worker(
      bus, "W",
      [&shown](const Prompt& prompt) -> synapse::Result<std::string> {
        shown.set_value(prompt);
        return std::string("ok");
      },
      options);
  for (const char* text : {"one", "[ACK] no talk", "two\nlines", "three"}) {
    REQUIRE(peer->chat("all", text)->granted);
  }
  REQUIRE(peer->chat("W", "why?")->granted);
  const Prompt prompt = shown.get_future().get();
  CHECK(prompt.message == "why?");
  CHECK_THAT(prompt.asked, Contains("P: two lines\nP: three\n") && Contains("why?") &&
                               !Contains("one") && !Contains("ACK"));
}

TEST_CASE("an error of the model becomes the reply, to whoever asked", "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  Running worker(bus, "W", [](const Prompt&) -> synapse::Result<std::string> {
    return synapse::fail(ErrorCode::unreachable, "nobody\nthere");
  });
  REQUIRE(peer->chat("W", "hello")->granted);
  const Json reply = chat_of(*peer, "W");
  CHECK(reply.at("payload") == "W: model error -> nobody there");
  CHECK(reply.at("target") == "P");
  CHECK_THAT(worker.told(), Contains("nobody"));
}

TEST_CASE("answers are made one at a time, in order, and paced", "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  WorkerOptions options = quick();
  options.min_reply_interval = std::chrono::milliseconds(100);
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;
  const Running worker(
      bus, "W",
      [&](const Prompt& prompt) {
        most_at_once = std::max(most_at_once.load(), ++at_once);
        auto answer = echo(prompt);
        --at_once;
        return answer;
      },
      options);
  const auto start = std::chrono::steady_clock::now();
  for (const char* text : {"1", "2", "3"}) REQUIRE(peer->chat("W", text)->granted);
  for (const char* text : {"about 1", "about 2", "about 3"}) {
    CHECK(chat_of(*peer, "W").at("payload") == text);
  }
  CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(200));
  CHECK(most_at_once == 1);
}

TEST_CASE("a worker whose model hangs still hears, and stops at once", "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  ModelProcess server;
  ModelOptions model;
  model.base = parse_base_url(server.url() + "/v1").value();
  model.model = "hang";
  WorkerOptions options = quick();
  options.inbox_max = 2;
  Running worker(bus, "W", std::make_unique<ModelBackend>(model), options);
  REQUIRE(peer->chat("W", "one")->granted);
  REQUIRE(eventually(patience, [&] { return !server.requests().empty(); }));
  // It hears these while the first hangs: the inbox overflows, which it tells.
  for (int i = 0; i < 3; ++i) REQUIRE(peer->chat("W", "more")->granted);
  CHECK(eventually(patience,
                   [&] { return worker.told().find("too many messages") != std::string::npos; }));
  const auto start = std::chrono::steady_clock::now();
  CHECK(worker.stop().code == ErrorCode::closed);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
  CHECK(server.sees_client_go());
}

TEST_CASE("two workers that name each other do not talk without end", "[workers][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  std::atomic<int> answers = 0;
  const Answerer provoke = [&answers](const Prompt&) -> synapse::Result<std::string> {
    ++answers;
    return std::string("what do A and B say?");
  };
  WorkerOptions privately = quick();
  privately.reply_to = WorkerOptions::ReplyTo::sender;
  const Running a(bus, "A", provoke);
  const Running b(bus, "B", provoke, privately);
  REQUIRE(peer->chat("all", "A and B, what do you say?")->granted);
  CHECK(std::set<std::string>{next_speaker(*peer, "P"), next_speaker(*peer, "P")} ==
        std::set<std::string>{"A", "B"});
  // Whatever they had said to each other by now, they would have answered before this.
  REQUIRE(peer->chat("A", "and now?")->granted);
  CHECK(next_speaker(*peer, "P") == "A");
  REQUIRE(peer->chat("B", "and now?")->granted);
  CHECK(next_speaker(*peer, "P") == "B");
  CHECK(answers == 4);
}

TEST_CASE("a worker of another make is known by its card, and gets a few answers in a row",
          "[workers][worker]") {
  const Bus bus;
  const auto other = bus.join("OTHER");
  REQUIRE(other->advertise({{"description", "ollama chat worker"}})->granted);
  const auto peer = bus.join("P");
  const Running worker(bus, "W", echo);
  // Its card was there before: the worker asks for all cards first, so that this answer shows that
  // it has them.
  REQUIRE(peer->chat("W", "ready")->granted);
  CHECK(chat_of(*peer, "W").at("payload") == "about ready");
  REQUIRE(other->chat("all", "W, to everybody")->granted);
  for (int i = 0; i < 6; ++i) REQUIRE(other->chat("W", std::to_string(i))->granted);
  REQUIRE(peer->chat("W", "last")->granted);
  for (const char* text : {"about 0", "about 1", "about 2", "about 3", "about last"}) {
    CHECK(chat_of(*peer, "W").at("payload") == text);
  }
}

TEST_CASE("a tiered worker routes by the message alone", "[workers][worker][routing]") {
  const auto says = [](const std::string& who) {
    return std::make_unique<ScriptedBackend>(
        [who](const Prompt&) -> synapse::Result<std::string> { return who; });
  };
  TieredBackend tiered(says("rule"), says("light"), says("heavy"));
  const std::string context(500, 'x');
  CHECK(tiered.answer({"ready?", context + "ready?"}).value() == "rule");
  CHECK(tiered.answer({"what is it that you make of this", context}).value() == "light");
  CHECK(tiered.answer({"which algorithm do you make of this", "short"}).value() == "heavy");
}

TEST_CASE("a worker whose name is taken over ends and says why", "[workers][worker]") {
  const Bus bus;
  Running worker(bus, "W", echo);
  synapse::AgentOptions settings = bus.settings("W");
  settings.takeover = synapse::AgentOptions::Takeover::take;
  // A name that was just bound is not given away at once.
  std::unique_ptr<Agent> thief;
  CHECK(eventually(patience, [&] {
    thief = std::make_unique<Agent>(settings);
    return thief->connect().has_value();
  }));
  CHECK(eventually(patience,
                   [&] { return worker.told().find("connection lost") != std::string::npos; }));
  CHECK(worker.stop().code == ErrorCode::closed);
}
