// SPDX-License-Identifier: AGPL-3.0-or-later
// Which agents are online, and when each was last heard. Agents that went are remembered up to a
// bound, the longest silent forgotten first.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <utility>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace synapse::core {

class Presence {
 public:
  explicit Presence(std::size_t last_seen_max);

  void join(const AgentName& agent);
  void leave(const AgentName& agent);
  // Names that are needed yet are not forgotten for a new one.
  using IsNeeded = std::function<bool(const AgentName&)>;
  void seen(const AgentName& agent, double wall, const IsNeeded& is_needed = {});
  // Then at the earliest: a log may tell of it late.
  void seen_since(const AgentName& agent, double wall, const IsNeeded& is_needed = {});
  // As they were in another process.
  void restore(std::set<AgentName> online, std::map<AgentName, double> last_seen) {
    online_ = std::move(online);
    last_seen_ = std::move(last_seen);
  }

  [[nodiscard]] bool is_online(const AgentName& agent) const { return online_.contains(agent); }
  [[nodiscard]] const std::set<AgentName>& online() const { return online_; }
  [[nodiscard]] const std::map<AgentName, double>& last_seen() const { return last_seen_; }

 private:
  std::size_t last_seen_max_;
  std::set<AgentName> online_;
  std::map<AgentName, double> last_seen_;
};

}  // namespace synapse::core
