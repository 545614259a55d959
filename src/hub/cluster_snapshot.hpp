// SPDX-License-Identifier: AGPL-3.0-or-later
// The state of a bus at one place in its log: what a hub goes on from when it starts again, and
// what one that comes later has from another. The same bytes on every hub.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cluster/roll.hpp"
#include "core/machine.hpp"

namespace synapse::hub {

struct ClusterState {
  cluster::Revision revision = 0;
  cluster::Roll roll;
  std::unique_ptr<core::Machine> machine;
};

struct ClusterSnapshot {
  cluster::Revision revision = 0;
  std::uint64_t digest = 0;  // Of the bytes.
  std::string bytes;
};

[[nodiscard]] ClusterSnapshot take_snapshot(cluster::Revision revision, const cluster::Roll& roll,
                                            const core::Machine& machine);
// Errors: corrupt.
[[nodiscard]] Result<ClusterState> read_snapshot(std::string_view bytes);

}  // namespace synapse::hub
