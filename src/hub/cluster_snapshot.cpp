// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/cluster_snapshot.hpp"

#include <utility>

#include "base/fnv1a.hpp"
#include "core/archive_reader.hpp"
#include "core/archive_writer.hpp"

namespace synapse::hub {

ClusterSnapshot take_snapshot(cluster::Revision revision, const cluster::Roll& roll,
                              const core::Machine& machine) {
  core::ArchiveWriter writer;
  writer(revision, roll.save(), machine.save());
  ClusterSnapshot snapshot{revision, 0, writer.take()};
  snapshot.digest = base::fnv1a(snapshot.bytes);
  return snapshot;
}

Result<ClusterState> read_snapshot(std::string_view bytes) {
  ClusterState state;
  std::string roll;
  std::string machine;
  core::ArchiveReader reader(bytes);
  reader(state.revision, roll, machine);
  if (reader.failed() || !reader.at_end()) {
    return fail(ErrorCode::corrupt, "the snapshot of the cluster makes no sense");
  }
  Result<cluster::Roll> loaded = cluster::Roll::load(roll);
  if (!loaded) return loaded.error();
  state.roll = std::move(*loaded);
  Result<std::unique_ptr<core::Machine>> made = core::Machine::load(machine);
  if (!made) return made.error();
  state.machine = std::move(*made);
  return state;
}

}  // namespace synapse::hub
