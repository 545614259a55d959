// SPDX-License-Identifier: AGPL-3.0-or-later
// A hub in this process and agents on it, for tests of commands that need both.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>

#include "support/catch.hpp"
#include "support/deadline.hpp"
#include "synapse/agent.hpp"
#include "synapse/hub.hpp"

namespace synapse::test {

class Bus {
 public:
  explicit Bus(synapse::HubOptions options = {}) : hub(std::move(options)) {
    REQUIRE(hub.start().has_value());
  }

  [[nodiscard]] AgentOptions settings(const std::string& name) const {
    AgentOptions options;
    options.uri = hub.uri();
    options.name = name;
    options.request_timeout = patience;
    options.ready_timeout = patience;
    return options;
  }

  // An agent that is connected.
  [[nodiscard]] std::unique_ptr<Agent> join(const AgentOptions& options) const {
    auto agent = std::make_unique<Agent>(options);
    REQUIRE(agent->connect().has_value());
    return agent;
  }
  [[nodiscard]] std::unique_ptr<Agent> join(const std::string& name) const {
    return join(settings(name));
  }

  Hub hub;
};

// Where a command finds that bus.
[[nodiscard]] inline std::map<std::string, std::string> on(const Bus& bus) {
  return {{"SYNAPSE_URI", bus.hub.uri()}};
}

// Whether somebody of that name is online, now or before the deadline.
[[nodiscard]] inline bool comes_online(Agent& observer, const std::string& name) {
  return eventually(patience, [&] {
    const auto reply = observer.who();
    if (!reply || !reply->granted) return false;
    const Json& names = reply->frame->at("online_agents");
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

// The next frame of that type, or why none comes by the timeout; others before it are dropped.
[[nodiscard]] inline Result<std::shared_ptr<const Json>> receive_type(
    Agent& agent, const std::string& type, std::chrono::milliseconds timeout) {
  for (;;) {
    auto frame = agent.receive(timeout);
    if (!frame || (*frame)->at("type") == type) return frame;
  }
}

}  // namespace synapse::test
