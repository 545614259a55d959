// SPDX-License-Identifier: AGPL-3.0-or-later
// What runs a cluster of hubs on a few machines: for each a unit of its etcd node and one of its
// hub, and a compose file for all etcd nodes. The texts are those of examples/cluster, filled in.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::services {

struct ClusterNode {
  std::string name;
  std::string host;           // As a URI has it: an IPv6 address stands in brackets.
  std::uint16_t port = 2379;  // For hubs; the other nodes are answered at the next one.
  bool is_loopback = false;
};
// NAME=ADDRESS[:PORT]. Errors: bad_argument.
[[nodiscard]] Result<ClusterNode> parse_node(std::string_view text);

struct ClusterFile {
  std::filesystem::path name;  // Relative: NAME/… of what is for that machine.
  std::string text;
};
// Errors: bad_argument, for names or addresses that are not all different, and for a number of
// nodes that makes no sense: of two, the loss of either is the loss of the majority, and an even
// number survives no more losses than the odd one below it.
[[nodiscard]] Result<std::vector<ClusterFile>> cluster_files(const std::vector<ClusterNode>& nodes,
                                                             const std::string& bus,
                                                             const std::filesystem::path& program);

}  // namespace synapse::services
