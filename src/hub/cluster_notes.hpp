// SPDX-License-Identifier: AGPL-3.0-or-later
// What stands beside the events in the log of a hub of a cluster, in the table synapse_cluster: by
// name, the latest of each alone; blank is as good as none.
//
// Such a log is one of these: `hub` has a name, and the log is what that hub has made of its bus.
// Or `import` is there: its events are what a bus is going to begin with. Or `alone` is there as
// well as `hub`: a hub that was alone has gone on with it since, and it is no bus's any more.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/archive_reader.hpp"
#include "core/archive_writer.hpp"
#include "store/sqlite_store.hpp"

namespace synapse::hub {

namespace note {
inline constexpr const char* hub = "hub";            // Its name in the cluster.
inline constexpr const char* store = "store";        // The etcd cluster that its bus is in.
inline constexpr const char* written = "written";    // The events are those up to this revision.
inline constexpr const char* snapshot = "snapshot";  // What it starts again from.
inline constexpr const char* import = "import";      // The origin; 0: it has yet to be drawn.
inline constexpr const char* alone = "alone";
}  // namespace note

[[nodiscard]] store::Entry note_entry(std::string name, std::string value,
                                      core::Durability durability = core::Durability::synced);
// Nothing: blank, or none. After keep_notes().
[[nodiscard]] Result<std::optional<std::string>> read_note(store::SqliteStore& store,
                                                           std::string_view name);

// A hub that is alone goes on with the log: if it was one of a cluster's hub, no hub of that
// cluster can go on with it, and whether that is so.
[[nodiscard]] Result<bool> leave_cluster(store::SqliteStore& store);

template <class... Values>
std::string packed(const Values&... values) {
  core::ArchiveWriter writer;
  writer(values...);
  return writer.take();
}

template <class... Values>
[[nodiscard]] Result<> unpack(std::string_view bytes, Values&... values) {
  core::ArchiveReader reader(bytes);
  reader(values...);
  if (!reader.failed() && reader.at_end()) return {};
  return fail(ErrorCode::corrupt, "what the log says of the cluster makes no sense");
}

}  // namespace synapse::hub
