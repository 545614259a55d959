// SPDX-License-Identifier: AGPL-3.0-or-later
#pragma once

#include "sim/cluster_world.hpp"
#include "sim/crowd_socket.hpp"

namespace synapse::sim {

class ClusterWorld::Socket final : public CrowdSocket {
 public:
  Socket(ClusterWorld& world, Agent& agent) : world_(world), agent_(agent) {}

 private:
  void came(const net::SharedFrame& frame, net::WrittenMark mark) override {
    hub::Engine& engine = *world_.nodes_[agent_.hub].engine;
    if (mark != net::unmarked) engine.written(*agent_.session, MessageId{mark});
    world_.hear(frame, agent_);
  }
  void ended() override { world_.disconnect(agent_); }
  void answered() override {
    flush(net::Flush::at_once);
    world_.answered(agent_);
  }

  ClusterWorld& world_;
  Agent& agent_;
};

}  // namespace synapse::sim
