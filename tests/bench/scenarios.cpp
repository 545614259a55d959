// SPDX-License-Identifier: AGPL-3.0-or-later
#include "scenarios.hpp"

#include <algorithm>

namespace synapse::bench {
namespace {

constexpr Scenario table[] = {
    {"claim-latency", claim_latency},
    {"claim-latency-db", claim_latency_db},
    {"claim-broadcast", claim_broadcast},
    {"claim-broadcast-db", claim_broadcast_db},
    {"chat-fanout", chat_fanout},
    {"claim-under-load", claim_under_load},
    {"claim-queued", claim_queued},
    {"join", join},
    {"idle", idle},
    {"idle-empty", idle_empty},
    {"replay", replay},
    {"command", command},
};

}  // namespace

std::span<const Scenario> all_scenarios() { return table; }

const Scenario* find_scenario(std::string_view name) {
  const auto* found = std::find_if(std::begin(table), std::end(table),
                                   [name](const Scenario& each) { return each.name == name; });
  return found == std::end(table) ? nullptr : found;
}

}  // namespace synapse::bench
