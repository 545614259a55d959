// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include <utility>
#include <vector>

#include "sim/cluster_world.hpp"

namespace synapse::sim {

class ClusterWorld::Socket final : public net::Connection {
 public:
  Socket(ClusterWorld& world, Agent& agent) : world_(world), agent_(&agent) {}

  [[nodiscard]] bool send(const net::SharedFrame& frame, net::WrittenMark mark) override {
    queued_.emplace_back(frame, mark);
    return true;
  }
  void flush(net::Flush) override {
    for (const auto& [frame, mark] : std::exchange(queued_, {})) {
      if (agent_ == nullptr) continue;
      hub::Engine& engine = *world_.nodes_[agent_->hub].engine;
      if (mark != net::unmarked) engine.written(*agent_->session, MessageId{mark});
      world_.hear(frame, *agent_);
    }
  }
  void close(std::uint16_t, std::string_view) override {
    flush(net::Flush::at_once);
    if (agent_ != nullptr) world_.disconnect(*agent_);
  }
  void admit() override {}
  void credit(std::size_t) override {
    flush(net::Flush::at_once);
    if (agent_ != nullptr) world_.answered(*agent_);
  }
  [[nodiscard]] const net::Peer& peer() const override { return peer_; }

  void hang_up() { agent_ = nullptr; }

 private:
  ClusterWorld& world_;
  Agent* agent_;
  std::vector<std::pair<net::SharedFrame, net::WrittenMark>> queued_;
  net::Peer peer_{"127.0.0.1", std::nullopt, std::nullopt, false};
};

}  // namespace synapse::sim
