// SPDX-License-Identifier: AGPL-3.0-or-later
// SharedRig: a hub of a bus of several, whose log is in the test's hands.
#pragma once

#include <string>
#include <vector>

#include "hub/attendance.hpp"
#include "hub/engine_rig.hpp"
#include "support/catch.hpp"
#include "wire/decode.hpp"

namespace synapse::test {

// A hub, and the log as the store has it: what the hub adds is there when the test says so.
class SharedRig {
 public:
  SharedRig()
      : log_({"hub-1", "", "1", 1}, cluster::Incarnation{1}, {}, clock_.now()),
        engine_(options(), std::make_unique<core::Machine>(options().limits, "syn-1"), nullptr,
                &log_),
        attendance_(engine_, log_, [this] { return cluster::Incarnation{++last_incarnation_}; }) {
    store(cluster::encode(cluster::BatchHead{{99}, 1, base::from_seconds(clock_.now().wall), 0},
                          {cluster::encode(cluster::Config{"syn-1", options().limits})}));
    log_.join("ws://one");
    turn();
    REQUIRE(attendance_.is_serving());
  }

  Peer connect() {
    Peer peer;
    peer.connection = std::make_shared<FakeConnection>("10.0.0.1");
    peer.session = std::make_shared<hub::Session>(peer.connection);
    engine_.open(peer.session, clock_.now());
    engine_.flush(clock_.now());
    return peer;
  }
  void say(Peer& peer, Json frame) {
    const std::string text = frame.dump();
    engine_.frame(peer.session, hub::hear(text), text.size(), clock_.now());
    engine_.flush(clock_.now());
  }
  // The next batch of the hub is stored, and all that is stored comes out.
  void turn() {
    if (auto append = log_.to_append(clock_.now())) {
      store(append->bytes);
      log_.appended(append->incarnation, {}, clock_.now());
    }
    come_out();
  }
  void come_out() {
    while (came_ < store_.size()) {
      const std::string& bytes = store_[came_++];
      log_.arrived(came_, bytes, clock_.now());
      engine_.catch_up(clock_.now());
    }
    attend();
  }
  void store(std::string bytes) { store_.push_back(std::move(bytes)); }
  void advance(double seconds) {
    clock_.advance(seconds);
    engine_.tick(clock_.now());
    attend();
  }
  // What another hub says, in its own time.
  void other_says(std::uint64_t number, const std::vector<cluster::Item>& items) {
    std::vector<std::string> bytes;
    for (const cluster::Item& item : items) bytes.push_back(cluster::encode(item));
    store(cluster::encode(
        cluster::BatchHead{{50}, number, base::from_seconds(clock_.now().wall), clock_.now().wall},
        bytes));
  }
  [[nodiscard]] bool is_serving() const { return attendance_.is_serving(); }
  [[nodiscard]] hub::Engine& engine() { return engine_; }
  [[nodiscard]] Moment now() const { return clock_.now(); }

 private:
  static hub::EngineOptions options() {
    hub::EngineOptions options;
    options.hub_id = "syn-1";
    return options;
  }
  void attend() {
    attendance_.look(clock_.now());
    engine_.flush(clock_.now());
  }

  ManualClock clock_;
  std::uint64_t last_incarnation_ = 1;
  hub::ClusterLog log_;
  hub::Engine engine_;
  hub::Attendance attendance_;
  std::vector<std::string> store_;
  std::size_t came_ = 0;
};

}  // namespace synapse::test
