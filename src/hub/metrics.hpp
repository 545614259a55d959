// SPDX-License-Identifier: AGPL-3.0-or-later
// What the hub counts, and the text that Prometheus reads (exposition format 0.0.4).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "hub/cluster_status.hpp"
#include "store/committer.hpp"

namespace synapse::hub {

// Cumulative buckets of seconds, bounds as Prometheus writes them.
class Histogram {
 public:
  static constexpr auto bounds = store::CommitStats::bounds;  // Commits are counted there.
  using Counts = std::array<std::uint64_t, bounds.size() + 1>;

  void observe(double seconds);
  // What somebody else counted: how many took at most bounds[i], the last one all.
  void set(const Counts& cumulative, double sum);
  void write(std::string& out, const char* name, const char* help) const;

 private:
  Counts cumulative_{};
  double sum_ = 0;
};

struct Metrics {
  std::uint64_t messages = 0;  // Frames from agents that were accepted for handling.
  std::uint64_t grants = 0;
  std::map<std::string, std::uint64_t, std::less<>> refusals;  // By code.
  std::uint64_t expiries = 0;
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t flushes = 0;  // Writes that were begun, each of one socket.
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t slow_readers = 0;
  std::uint64_t relay_dropped = 0;  // Lines of the relay file.
  std::uint64_t commits = 0;
  std::uint64_t events = 0;
  Histogram commit_seconds;
  Histogram answer_seconds;  // From a frame's arrival to its answer's leaving.
  // Of a hub of a cluster, at the moment.
  std::optional<ClusterStatus> cluster;
  Histogram propose_seconds;  // From a batch's leaving to its coming out of the log.
};

// The gauges of the moment.
struct Gauges {
  std::size_t connected_clients = 0;
  std::size_t online_agents = 0;
  std::size_t active_claims = 0;
  std::size_t queued_claims = 0;
  std::size_t resource_offers = 0;
  std::size_t chat_history_messages = 0;
  std::size_t blackboard_tasks = 0;
  bool read_only = false;
};

enum class Detail {
  classic,  // The original's samples alone.
  full,
};

[[nodiscard]] std::string prometheus_text(const Metrics& metrics, const Gauges& gauges,
                                          Detail detail);

}  // namespace synapse::hub
