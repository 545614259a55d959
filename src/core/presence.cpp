// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/presence.hpp"

#include <algorithm>

namespace synapse::core {

Presence::Presence(std::size_t last_seen_max) : last_seen_max_(last_seen_max) {}

void Presence::join(const AgentName& agent) { online_.insert(agent); }

void Presence::leave(const AgentName& agent) { online_.erase(agent); }

void Presence::seen_since(const AgentName& agent, double wall, const IsNeeded& is_needed) {
  const auto known = last_seen_.find(agent);
  seen(agent, known == last_seen_.end() ? wall : std::max(wall, known->second), is_needed);
}

void Presence::seen(const AgentName& agent, double wall, const IsNeeded& is_needed) {
  const auto [known, is_new] = last_seen_.insert_or_assign(agent, wall);
  if (!is_new || last_seen_.size() <= last_seen_max_) return;
  auto oldest = last_seen_.end();
  for (auto it = last_seen_.begin(); it != last_seen_.end(); ++it) {
    if (it == known || is_online(it->first) || (is_needed && is_needed(it->first))) continue;
    if (oldest == last_seen_.end() || it->second < oldest->second) oldest = it;
  }
  if (oldest != last_seen_.end()) last_seen_.erase(oldest);
}

}  // namespace synapse::core
