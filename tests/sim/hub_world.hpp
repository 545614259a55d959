// SPDX-License-Identifier: AGPL-3.0-or-later
// The whole hub in a simulator: the real engine, gate, decoder, encoder, codec and replay, with
// sockets that only record and a disk that fails, dies and loses power when the seed says so. A
// turn's way is cut into its pieces (the frame, the commit, the news of the commit, the flush), and
// anything may happen between any two of them.
//
// Agents do what agents do: one request at a time, and after a lost connection the same request
// with the same idem_key again. A Witness hears everything that they are told.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hub/engine.hpp"
#include "sim/commands.hpp"
#include "sim/dice.hpp"
#include "sim/witness.hpp"
#include "support/faulty_store.hpp"
#include "support/memory_store.hpp"

namespace synapse::sim {

// What a run came across, so that a test can tell that it came across everything.
struct HubSightings {
  std::size_t crashes = 0;
  std::size_t power_cuts = 0;
  std::size_t failed_commits = 0;
  std::size_t repeated_answers = 0;
  std::size_t grants = 0;
  std::size_t facts_checked = 0;
};

class HubWorld final : hub::LogWriter {
 public:
  HubWorld(std::uint64_t seed, Universe& universe, HubSightings& sightings);

  // Nothing if all promises were kept; else which was not, after which steps.
  [[nodiscard]] std::optional<std::string> run(std::size_t steps);
  // Every frame that anybody was told, in order.
  [[nodiscard]] const std::string& transcript() const { return transcript_; }

 private:
  class Socket;
  struct Agent {
    std::string name;
    bool attaches = false;           // Else it takes its name over.
    std::shared_ptr<Socket> socket;  // Null: not connected.
    hub::SharedSession session;
    std::string request;  // Under way, or to be sent again; blank: none.
    std::string idem_key;
    bool is_sent = false;
    std::optional<nlohmann::json> expected;  // What the log says that it was answered.
  };
  struct Submitted {
    std::uint64_t turn;
    std::vector<store::Entry> entries;
  };

  void submit(std::uint64_t turn, std::vector<store::Entry> entries) override;

  void step();
  void connect(Agent& agent);
  void disconnect(Agent& agent);
  void ask(Agent& agent);
  void pass_time();
  void commit();
  void tell_commit();
  void fail_log(const Error& why);
  void flush();
  void start();
  void crash();
  void settle();
  void compare_with_replay();

  void note(std::string what);
  void object(const std::string& what);
  void hear(const net::SharedFrame& frame, Agent& agent);
  void check_is_over(const nlohmann::json& grant);
  void answered(Agent& agent);
  void log_grew();
  [[nodiscard]] nlohmann::json request_of(const Agent& agent);
  [[nodiscard]] nlohmann::json mail_request();
  [[nodiscard]] std::unique_ptr<core::Machine> replayed();

  Dice dice_;
  Crowd crowd_;
  HubSightings& sightings_;
  Witness witness_;
  std::uint64_t seed_;
  Moment now_{1'700'000'000, std::chrono::hours(1)};
  test::MemoryStore disk_;
  test::FaultyStore store_;
  std::optional<hub::Engine> engine_;
  std::array<Agent, 6> agents_;
  std::deque<Submitted> submitted_;
  std::optional<std::uint64_t> committed_;  // Not told to the engine yet.
  std::size_t written_seen_ = 0;
  std::size_t synced_seen_ = 0;
  std::uint64_t last_key_ = 0;
  std::set<net::SharedFrame> heard_;  // By anybody: a broadcast is witnessed once.
  std::deque<std::string> steps_;
  std::string failure_;
  std::string transcript_;
};

}  // namespace synapse::sim
