// SPDX-License-Identifier: AGPL-3.0-or-later
// The scenarios: functions that each measure one fresh hub once.
//
// main() picks them from the table by name and calls each as often as there are runs. A scenario
// starts the hub, brings its agents online, measures, stops the hub, and returns its figures,
// always the same ones. Anything unexpected on the way throws Failure.
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "event_log.hpp"
#include "options.hpp"
#include "report.hpp"

namespace synapse::bench {

// What outlives a run: the generated log takes longer than its replay.
struct Shared {
  std::filesystem::path folder;
  std::optional<LogFacts> log;
};

struct Run {
  const Options& options;
  Shared& shared;
  std::filesystem::path folder;  // fresh and empty
};

struct Scenario {
  std::string_view name;
  Figures (*measure)(const Run& run);
};

std::span<const Scenario> all_scenarios();
const Scenario* find_scenario(std::string_view name);

Figures claim_latency(const Run& run);
Figures claim_latency_db(const Run& run);
Figures claim_under_load(const Run& run);
Figures claim_queued(const Run& run);
Figures claim_broadcast(const Run& run);
Figures claim_broadcast_db(const Run& run);
Figures chat_fanout(const Run& run);
Figures join(const Run& run);
Figures idle(const Run& run);
Figures idle_empty(const Run& run);
Figures replay(const Run& run);
Figures command(const Run& run);

}  // namespace synapse::bench
