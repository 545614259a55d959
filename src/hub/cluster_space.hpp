// SPDX-License-Identifier: AGPL-3.0-or-later
// What of the bus's log its hubs need no longer, so that etcd may forget it: what is older than the
// snapshots that all of them have on disk, and than an hour, or than as much as half of etcd's
// quota holds.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "cluster/roll.hpp"

namespace synapse::hub {

class ClusterSpace {
 public:
  // A batch of so many bytes came out of the log.
  void add(std::size_t bytes) { bytes_ += bytes; }
  // The state at this place has been saved, at that time of the log.
  void saved(cluster::Revision revision, Mono time);
  // Up to where the log may be forgotten. Nothing: nowhere yet.
  [[nodiscard]] std::optional<cluster::Revision> covered(const cluster::Roll& roll);

 private:
  struct Point {
    cluster::Revision revision;
    Mono time;
    std::uint64_t bytes;
  };
  std::uint64_t bytes_ = 0;
  std::deque<Point> points_;
};

}  // namespace synapse::hub
