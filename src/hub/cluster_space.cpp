// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_space.hpp"

#include <algorithm>

namespace synapse::hub {

namespace {

constexpr std::chrono::hours kept_for{1};
// Half of what etcd takes unless it is told otherwise.
constexpr std::uint64_t kept_bytes = 1ULL << 30U;

}  // namespace

void ClusterSpace::saved(cluster::Revision revision, Mono time) {
  points_.push_back({revision, time, bytes_});
}

std::optional<cluster::Revision> ClusterSpace::covered(const cluster::Roll& roll) {
  const auto is_old = [&](const Point& point) {
    return roll.time() - point.time >= kept_for || bytes_ - point.bytes >= kept_bytes;
  };
  // Of the old ones the newest alone matters.
  while (points_.size() > 1 && is_old(points_[1])) points_.pop_front();
  if (points_.empty() || !is_old(points_.front()) || roll.hubs().empty()) return std::nullopt;
  cluster::Revision covered = points_.front().revision;
  for (const auto& [place, hub] : roll.hubs()) covered = std::min(covered, hub.beat.revision);
  if (covered == 0) return std::nullopt;
  return covered;
}

}  // namespace synapse::hub
