// SPDX-License-Identifier: AGPL-3.0-or-later
// Several hubs of one bus in a simulator: real engines over a log in memory that loses, doubles and
// delays what is added to it, from a seed. Hubs crash and go on from a snapshot, are cut off, have
// clocks that are seconds apart and know rules of different age; agents go to another hub when
// theirs fails them, and ask again with the same key.
//
// What must hold is looked at after each batch on each hub: the same state at the same revision, no
// two agents on one file, epochs that never go back; and that each frame is answered once.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "hub/attendance.hpp"
#include "sim/commands.hpp"
#include "sim/dice.hpp"
#include "sim/universe.hpp"

namespace synapse::sim {

struct ClusterSightings {
  std::size_t batches = 0;
  std::size_t crashes = 0;
  std::size_t snapshots_used = 0;
  std::size_t called_gone = 0;
  std::size_t repeated = 0;  // Batches that the log had more than once.
  std::size_t cut_off = 0;
  std::size_t answered = 0;
  std::size_t moved = 0;  // Requests that were asked again at another hub.
  std::size_t grants = 0;
  std::size_t new_rules = 0;
};

class ClusterWorld {
 public:
  ClusterWorld(std::uint64_t seed, Universe& universe, ClusterSightings& sightings);

  // Nothing if all held; else what did not, after which steps.
  [[nodiscard]] std::optional<std::string> run(std::size_t steps);
  // A digest of the log and of the states along it.
  [[nodiscard]] std::uint64_t transcript() const;

 private:
  class Socket;
  struct Agent {
    std::string name;
    bool attaches = false;
    std::size_t hub = 0;
    std::shared_ptr<Socket> socket;  // Null: not connected.
    hub::SharedSession session;
    std::string request;  // Under way, or to be asked again; blank: none.
    std::size_t asked_at = 0;
    bool is_sent = false;
    bool is_refused = false;  // By a hub that can change nothing: another is to be asked.
  };
  struct Snapshot {
    cluster::Revision revision = 0;
    std::string roll;
    std::string machine;
  };
  struct Put {
    hub::ClusterLog::Append what;
    std::size_t after = 0;  // A late one is stored that many steps later.
  };
  struct Node {
    std::size_t index = 0;
    Mono ahead{0};  // Of its monotonic clock.
    double skew = 0;
    std::uint32_t rules = 1;
    std::optional<hub::ClusterLog> log;  // Nothing: it is down.
    std::optional<hub::Engine> engine;
    std::optional<hub::Attendance> attendance;
    std::optional<Put> put;
    std::size_t delivered = 0;
    bool is_cut = false;
    bool was_cut_off = false;
    std::optional<Snapshot> snapshot;
  };

  void step();
  void start(Node& node);
  void crash(Node& node);
  void deliver(Node& node, std::size_t count);
  void pump(Node& node);
  void resolve(Node& node);
  void store(const std::string& bytes);
  void store_late();
  void work(Node& node);
  void attend(Node& node);
  void pass_time(Mono time);
  void take_snapshot(Node& node);
  void passed(Node& node, cluster::Revision revision, const cluster::Roll& roll,
              const core::Machine& machine);
  void check_new_state(const core::Machine& machine);
  void settle();
  [[nodiscard]] bool is_settled() const;

  void connect(Agent& agent, std::size_t hub);
  void disconnect(Agent& agent);
  void ask(Agent& agent);
  void act(Agent& agent);
  void answered(Agent& agent);
  void hear(const net::SharedFrame& frame, Agent& agent);
  [[nodiscard]] std::string request_of(const Agent& agent);

  [[nodiscard]] Moment here(const Node& node) const;
  void note(std::string what);
  void object(const std::string& what);

  Dice dice_;
  Crowd crowd_;
  Universe& universe_;
  ClusterSightings& sightings_;
  std::uint64_t seed_;
  Mono time_{std::chrono::hours(1)};
  std::vector<std::string> log_;
  std::deque<Put> late_;
  std::array<Node, 3> nodes_;
  std::array<Agent, 5> agents_;
  std::map<cluster::Revision, std::uint64_t> states_;
  Epoch last_epoch_;
  std::set<std::string> acknowledged_;  // Chats, by what they say.
  std::uint64_t last_key_ = 0;
  std::uint64_t last_incarnation_ = 0;
  std::deque<std::string> steps_;
  std::string failure_;
};

}  // namespace synapse::sim
