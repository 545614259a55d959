// SPDX-License-Identifier: AGPL-3.0-or-later
#include "lease_history.hpp"

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace synapse::test {

namespace {

constexpr double not_ended = std::numeric_limits<double>::infinity();

bool is_running(const std::vector<Tenure>& tenures) {
  return !tenures.empty() && tenures.back().end == not_ended;
}

}  // namespace

LeaseHistory lease_history(std::string_view ndjson) {
  LeaseHistory history;
  std::istringstream lines{std::string(ndjson)};
  for (std::string line; std::getline(lines, line);) {
    const auto event = nlohmann::json::parse(line);
    const std::string kind = event.at("kind");
    const double ts = event.at("ts");
    const auto& payload = event.at("payload");
    if (!payload.contains("task_id")) continue;
    std::vector<Tenure>& tenures = history[payload.at("task_id")];
    if (kind == "release" || kind == "lease_expired" || kind == "handoff") {
      if (!is_running(tenures)) throw std::runtime_error("nothing to end: " + line);
      tenures.back().end = ts;
    }
    if (kind != "claim" && kind != "handoff") continue;
    const std::string owner = payload.at("owner");
    if (!is_running(tenures)) {
      tenures.push_back({owner, ts, not_ended, 0});
    } else if (tenures.back().owner != owner) {
      throw std::runtime_error("two owners at once: " + line);
    }
    tenures.back().expires_at = payload.at("lease_expires_at");
  }
  return history;
}

}  // namespace synapse::test
