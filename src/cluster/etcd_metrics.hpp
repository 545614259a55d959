// SPDX-License-Identifier: AGPL-3.0-or-later
// What a node of etcd says of its disk at /metrics (Prometheus text): how long syncs of its
// write-ahead log took, and how much of its quota is used. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::cluster::etcd {

// So many took so long at most; of all bounds, rising.
struct SyncCount {
  double seconds = 0;
  double count = 0;
};
struct NodeMetrics {
  bool has_leader = false;
  std::uint64_t file_bytes = 0;   // What the quota is held against.
  std::uint64_t used_bytes = 0;   // Of those, what is not free for what comes next.
  std::uint64_t quota_bytes = 0;  // 0: it does not say.
  std::vector<SyncCount> syncs;   // Since the node's start.
};
// Errors: corrupt, for what no node of etcd says.
[[nodiscard]] Result<NodeMetrics> read_metrics(std::string_view text);

// What 99 of a hundred syncs took at most, of those that came between; nothing: too few to tell.
[[nodiscard]] std::optional<double> sync_p99(const std::vector<SyncCount>& before,
                                             const std::vector<SyncCount>& after);

}  // namespace synapse::cluster::etcd
