// SPDX-License-Identifier: AGPL-3.0-or-later
// A bus as one of its hubs sees it: what `synapse cluster status`, doctor and /metrics tell.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cluster/batch.hpp"
#include "cluster/etcd_nodes.hpp"

namespace synapse::hub {

struct ClusterStatus {
  struct Hub {
    std::string name;
    std::string url;
    std::string version;
    std::uint32_t rules = 1;
    bool is_self = false;
    bool is_silent = false;
    bool drains = false;
    double heard_seconds = 0;  // Ago, by the log's time.
    double clock_ahead = 0;    // Seconds, of its wall clock before the log's time.
    cluster::Revision snapshot = 0;
    std::uint64_t digest = 0;
  };
  std::string bus;
  bool has_quorum = false;
  std::uint32_t rules = 1;
  cluster::Revision revision = 0;  // This hub has applied the log up to it.
  std::string agreement;           // unknown, agrees, differs or alone.
  std::uint64_t agents = 0;
  std::uint64_t ignored_batches = 0;  // That the log had twice, or too late.
  std::vector<Hub> hubs;
  std::vector<cluster::EtcdNode> nodes;  // As they were at the last look.
};

[[nodiscard]] std::string to_json(const ClusterStatus& status);

}  // namespace synapse::hub
