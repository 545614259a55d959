// SPDX-License-Identifier: AGPL-3.0-or-later
// One end of a connection of a simulated agent. What the engine sends is on its way until the
// flush; nothing reaches an agent that has hung up.
#pragma once

#include <utility>
#include <vector>

#include "net/connection.hpp"

namespace synapse::sim {

class CrowdSocket : public net::Connection {
 public:
  [[nodiscard]] bool send(const net::SharedFrame& frame, net::WrittenMark mark) override {
    queued_.emplace_back(frame, mark);
    return true;
  }
  void flush(net::Flush) override {
    for (const auto& [frame, mark] : std::exchange(queued_, {})) {
      if (!has_hung_up_) came(frame, mark);
    }
  }
  void close(std::uint16_t, std::string_view) override {
    flush(net::Flush::at_once);
    if (!has_hung_up_) ended();
  }
  void admit() override {}
  void credit(std::size_t) override {
    if (!has_hung_up_) answered();
  }
  [[nodiscard]] const net::Peer& peer() const override { return peer_; }

  void hang_up() { has_hung_up_ = true; }

 private:
  virtual void came(const net::SharedFrame& frame, net::WrittenMark mark) = 0;
  virtual void ended() = 0;
  // The hub would take the agent's next frame.
  virtual void answered() = 0;

  std::vector<std::pair<net::SharedFrame, net::WrittenMark>> queued_;
  net::Peer peer_{"127.0.0.1", std::nullopt, std::nullopt, false};
  bool has_hung_up_ = false;
};

}  // namespace synapse::sim
