// SPDX-License-Identifier: AGPL-3.0-or-later
// worker, supervisor and team: what the recordings don't show.
#include <csignal>
#include <fstream>
#include <future>

#include "cli/bus.hpp"
#include "cli/cli_run.hpp"
#include "support/child_process.hpp"
#include "support/file_text.hpp"
#include "support/hub_process.hpp"
#include "support/loopback.hpp"
#include "support/result_text.hpp"
#include "workers/model_process.hpp"

using Catch::Matchers::Contains;
using synapse::Agent;
using synapse::Json;
using synapse::cli::Signal;
using synapse::test::Bus;
using synapse::test::ChildProcess;
using synapse::test::CliRun;
using synapse::test::comes_online;
using synapse::test::eventually;
using synapse::test::free_port;
using synapse::test::ModelProcess;
using synapse::test::patience;
using synapse::test::receive_type;
using synapse::test::text_of;
using synapse::test::ThrowawayCertificate;
using synapse::test::Variables;

namespace {

Variables with_key(const Bus& bus) {
  return {{"SYNAPSE_URI", bus.hub.uri()}, {"A_KEY", "sk-abcdefgh12345678"}};
}

// A command on a thread of its own, which Ctrl-C ends.
class Background {
 public:
  Background(const Bus& bus, std::vector<std::string> words) : run_(with_key(bus)) {
    code_ =
        std::async(std::launch::async, [this, words = std::move(words)] { return run_(words); });
  }
  ~Background() {
    if (code_.valid()) interrupt();
  }

  int interrupt() {
    run_.signals.send({SIGINT, Signal::Origin::terminal});
    return code_.get();
  }
  int wait() { return code_.get(); }
  [[nodiscard]] const CliRun& run() const { return run_; }

 private:
  CliRun run_;
  std::future<int> code_;
};

std::string reply_of(Agent& listener, const std::string& sender) {
  for (;;) {
    const auto frame = receive_type(listener, "chat", patience);
    if (!frame) return "no reply";
    if ((*frame)->at("sender") == sender) return (*frame)->at("payload");
  }
}

std::string status_of(Agent& observer, const std::string& id) {
  const Json tasks = observer.board().value().frame->at("board").at("tasks");
  for (const Json& task : tasks) {
    if (task.at("task_id") == id) return task.at("status");
  }
  return "";
}

// The program itself, for what is made of processes.
ChildProcess program(std::vector<std::string> words) {
  words.insert(words.begin(), synapse::test::program_under_test());
  return ChildProcess(synapse::test::Command{std::move(words)});
}

std::string address_of(std::uint16_t port) { return "http://127.0.0.1:" + std::to_string(port); }

}  // namespace

TEST_CASE("a worker answers under its prefix and name until Ctrl-C", "[cli][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  Background worker(bus, {"worker", "--prefix", "shop/", "--provider", "rule"});
  REQUIRE(comes_online(*peer, "shop/FAST"));
  REQUIRE(peer->chat("shop/FAST", "hello")->granted);
  CHECK_THAT(reply_of(*peer, "shop/FAST"), Contains("no model"));
  CHECK(worker.interrupt() == 0);
  CHECK(worker.run().err().empty());
}

TEST_CASE("a worker asks its model over HTTPS with the key from the environment", "[cli][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  const ThrowawayCertificate certificate("IP:127.0.0.1");
  const ModelProcess server(certificate);
  Background worker(
      bus, {"worker", "--provider", "openai", "--model", "kind", "--base-url", server.url() + "/v1",
            "--model-ca", certificate.certificate_file(), "--api-key-env", "A_KEY"});
  REQUIRE(comes_online(*peer, "FAST"));
  REQUIRE(peer->chat("FAST", "hello")->granted);
  CHECK(reply_of(*peer, "FAST") == "said by kind");
  CHECK(server.requests().front().at("authorization") == "Bearer sk-abcdefgh12345678");
  CHECK(worker.interrupt() == 0);
  CHECK(worker.run().err().empty());
}

TEST_CASE("a worker's troubles with its model hold no key", "[cli][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  const ModelProcess server;
  Background worker(bus, {"worker", "--model", "indiscreet", "--base-url", server.url() + "/v1",
                          "--api-key-env", "A_KEY"});
  REQUIRE(comes_online(*peer, "FAST"));
  REQUIRE(peer->chat("FAST", "hello")->granted);
  CHECK(reply_of(*peer, "FAST") ==
        "FAST: model error -> the model server answered HTTP 500: no use for Bearer ***");
  CHECK(worker.interrupt() == 0);
  CHECK_THAT(worker.run().err(), Contains("model error") && !Contains("abcdefgh"));
}

TEST_CASE("Ctrl-C ends a worker whose model hangs, at once", "[cli][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  ModelProcess server;
  Background worker(bus, {"worker", "--model", "hang", "--base-url", server.url() + "/v1"});
  REQUIRE(comes_online(*peer, "FAST"));
  REQUIRE(peer->chat("FAST", "hello")->granted);
  REQUIRE(eventually(patience, [&] { return !server.requests().empty(); }));
  const auto start = std::chrono::steady_clock::now();
  CHECK(worker.interrupt() == 0);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
  CHECK(worker.run().err().empty());
}

TEST_CASE("a tiered worker sends short messages to the rule and hard ones to the heavy model",
          "[cli][worker]") {
  const Bus bus;
  const auto peer = bus.join("P");
  const ModelProcess server;
  Background worker(bus,
                    {"worker", "--provider", "tiered", "--model", "small", "--heavy-model", "large",
                     "--base-url", server.url() + "/v1", "--min-reply-interval", "0"});
  REQUIRE(comes_online(*peer, "FAST"));
  REQUIRE(peer->chat("FAST", "ready?")->granted);
  CHECK_THAT(reply_of(*peer, "FAST"), Contains("no model"));
  REQUIRE(peer->chat("FAST", "what do you make of this one?")->granted);
  CHECK(reply_of(*peer, "FAST") == "said by small");
  REQUIRE(peer->chat("FAST", "which algorithm would be best?")->granted);
  CHECK(reply_of(*peer, "FAST") == "said by large");
}

TEST_CASE("a worker that sends things off this machine says so first", "[cli][worker]") {
  CliRun run({{"SYNAPSE_URI", "ws://127.0.0.1:" + std::to_string(free_port())},
              {"A_KEY", "sk-abcdefgh12345678"}});
  CHECK(run({"worker", "--base-url", "http://models.example/v1", "--api-key-env", "A_KEY"}) == 1);
  CHECK_THAT(run.err(), Contains("WARNING") && Contains("models.example") && Contains("key") &&
                            Contains("unencrypted") && !Contains("abcdefgh"));
  CHECK(run({"worker", "--base-url", "https://models.example/v1"}) == 1);
  CHECK_THAT(run.err(), Contains("WARNING") && !Contains("key") && !Contains("unencrypted"));
  CHECK(run({"worker", "--api-key-env", "A_KEY"}) == 1);
  CHECK(run.err().empty());
  CHECK(run({"worker", "--provider", "rule", "--base-url", "http://models.example/v1"}) == 1);
  CHECK(run.err().empty());
}

TEST_CASE("a worker's messages are as detailed as the original's options say", "[cli][worker]") {
  CliRun run({{"SYNAPSE_URI", "ws://127.0.0.1:" + std::to_string(free_port())}});
  const std::vector<std::string> words{"worker", "--base-url", "http://models.example/v1"};
  const auto with = [&words](std::vector<std::string> more) {
    more.insert(more.begin(), words.begin(), words.end());
    return more;
  };
  CHECK(run(with({"--log-format", "json", "--log-level", "info"})) == 1);
  CHECK(Json::parse(run.err()).at("level") == "WARNING");
  CHECK(run(with({"--log-level", "ERROR"})) == 1);
  CHECK(run.err().empty());
  CHECK(run(with({"--log-level", "LOUD"})) == 2);
}

TEST_CASE("a worker with an address or a key that can't be is a usage error", "[cli][worker]") {
  CliRun run(Variables{{"A_KEY", "sk-abc\ndefgh"}});
  CHECK(run({"worker", "--base-url", "ftp://h"}) == 2);
  CHECK_THAT(run.err(), Contains("--base-url") && Contains("http://"));
  CHECK(run({"worker", "--api-key-env", "A_KEY"}) == 2);
  CHECK_THAT(run.err(), Contains("A_KEY") && !Contains("defgh"));
  CHECK(run({"worker", "--provider", "oracle"}) == 2);
}

TEST_CASE("a supervisor opens a stalled task again with a note that says why",
          "[cli][supervisor]") {
  const Bus bus;
  const auto peer = bus.join("P");
  REQUIRE(peer->declare_task("S", "s", {}, Json::object())->granted);
  REQUIRE(peer->update_plan("S", {{"status", "in_progress"}})->granted);
  Background supervisor(bus, {"supervisor", "--idle-seconds", "0", "--interval", "1"});
  CHECK(eventually(patience, [&] { return status_of(*peer, "S") == "open"; }));
  const Json notes = peer->board().value().frame->at("board").at("progress");
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].at("author") == "SUPERVISOR");
  CHECK(notes[0].at("kind") == "assessment");
  CHECK_THAT(notes[0].at("text").get<std::string>(), Contains("open again: no change"));
  CHECK(supervisor.interrupt() == 0);
  CHECK_THAT(supervisor.run().out(), Contains("[SUPERVISOR] opened S again"));
  CHECK(supervisor.run().err().empty());
}

TEST_CASE("a supervisor leaves a task alone that is claimed, and opens it once it is not",
          "[cli][supervisor]") {
  const Bus bus;
  const auto peer = bus.join("P");
  for (const char* id : {"HELD", "FREE"}) {
    REQUIRE(peer->declare_task(id, id, {}, Json::object())->granted);
    REQUIRE(peer->update_plan(id, {{"status", "in_progress"}})->granted);
  }
  synapse::ClaimRequest claim;
  claim.task_id = "HELD";
  claim.no_files = true;
  REQUIRE(peer->claim(claim)->granted);
  const Background supervisor(bus, {"supervisor", "--idle-seconds", "0", "--interval", "1"});
  CHECK(eventually(patience, [&] { return status_of(*peer, "FREE") == "open"; }));
  // Opened in the same look, had it been due.
  CHECK(status_of(*peer, "HELD") == "in_progress");
  REQUIRE(peer->release("HELD")->granted);
  CHECK(eventually(patience, [&] { return status_of(*peer, "HELD") == "open"; }));
}

TEST_CASE("a team without models answers by rule, and Ctrl-C ends it", "[cli][team]") {
  const std::uint16_t port = free_port();
  ChildProcess team = program({"team", "--port", std::to_string(port), "--prefix", "shop/",
                               "--ollama", address_of(free_port())});
  REQUIRE(team.wait_for_output("Ready.", patience));
  CHECK_THAT(team.out(), Contains("no Ollama") && Contains("shop/FAST, who answers by rule"));
  synapse::AgentOptions settings;
  settings.uri = "ws://127.0.0.1:" + std::to_string(port);
  settings.name = "P";
  Agent peer(settings);
  REQUIRE(peer.connect().has_value());
  REQUIRE(comes_online(peer, "shop/FAST"));
  REQUIRE(peer.chat("shop/FAST", "hello")->granted);
  CHECK_THAT(reply_of(peer, "shop/FAST"), Contains("no model"));
  team.send_signal(SIGINT);
  const auto end = team.wait(patience);
  REQUIRE(end.has_value());
  CHECK(end->as_number() == 0);
  // The worker said goodbye while its hub was there.
  CHECK_THAT(team.out(), Contains("[shop/FAST] stopped."));
  CHECK_FALSE(synapse::test::try_connect(port));
}

TEST_CASE("a team takes the models that its Ollama has", "[cli][team]") {
  const ModelProcess ollama({"gemma3:4b", "gemma3:12b"});
  const std::uint16_t port = free_port();
  ChildProcess team = program({"team", "--port", std::to_string(port), "--ollama", ollama.url()});
  REQUIRE(team.wait_for_output("Ready.", patience));
  CHECK_THAT(team.out(), Contains("FAST, who answers with gemma3:4b") &&
                             Contains("REASON, who answers with gemma3:12b"));
  synapse::AgentOptions settings;
  settings.uri = "ws://127.0.0.1:" + std::to_string(port);
  settings.name = "P";
  Agent peer(settings);
  REQUIRE(peer.connect().has_value());
  REQUIRE(comes_online(peer, "REASON"));
  REQUIRE(peer.chat("REASON", "hello")->granted);
  CHECK(reply_of(peer, "REASON") == "said by gemma3:12b");
}

TEST_CASE("the members of a team that is killed end too", "[cli][team]") {
  const std::uint16_t port = free_port();
  ChildProcess team =
      program({"team", "--port", std::to_string(port), "--ollama", address_of(free_port())});
  REQUIRE(team.wait_for_output("Ready.", patience));
  const std::string pid = std::to_string(team.pid());
  std::vector<pid_t> members;
  std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
  for (pid_t member = 0; children >> member;) members.push_back(member);
  REQUIRE(members.size() == 2);
  team.send_signal(SIGKILL);
  REQUIRE(team.wait(patience).has_value());
  CHECK(eventually(patience, [&] { return !synapse::test::try_connect(port); }));
  // Ended, or waiting for whoever inherited it to take its exit code.
  const auto has_ended = [](pid_t member) {
    const std::string stat = text_of("/proc/" + std::to_string(member) + "/stat");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  };
  for (const pid_t member : members) {
    CHECK(eventually(patience, [&] { return has_ended(member); }));
  }
}

TEST_CASE("a member that does not end is killed, and the team ends", "[cli][team]") {
  const std::uint16_t port = free_port();
  ChildProcess team = program({"team", "--port", std::to_string(port), "--no-workers"});
  REQUIRE(team.wait_for_output("Ready.", patience));
  const std::string pid = std::to_string(team.pid());
  pid_t hub = 0;
  REQUIRE(std::ifstream("/proc/" + pid + "/task/" + pid + "/children") >> hub);
  REQUIRE(kill(hub, SIGSTOP) == 0);  // It hears no other signal from here on.
  team.send_signal(SIGINT);
  CHECK(team.wait(patience).has_value());
  CHECK(kill(hub, 0) != 0);
  CHECK_FALSE(synapse::test::try_connect(port));
}

TEST_CASE("a team ends with the code of a member that ends", "[cli][team]") {
  const synapse::test::HubProcess other;
  ChildProcess team = program({"team", "--port", std::to_string(other.port()), "--no-workers"});
  const auto end = team.wait(patience);
  REQUIRE(end.has_value());
  // The port is taken, so the team's own hub can't start; the other one is not taken for it.
  CHECK(end->as_number() == 1);
  CHECK_THAT(team.out(), Contains("the hub has ended with code 1") && !Contains("Ready."));
}
