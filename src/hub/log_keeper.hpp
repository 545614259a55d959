// SPDX-License-Identifier: AGPL-3.0-or-later
// The event log as the service keeps it: lock, file, replay and the committing thread. Without --db
// there is none.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/machine.hpp"
#include "hub/logger.hpp"
#include "store/committer.hpp"
#include "store/file_lock.hpp"
#include "store/replay.hpp"
#include "store/sqlite_store.hpp"

namespace synapse::hub {

class LogKeeper {
 public:
  LogKeeper(const core::Limits& limits, std::string hub_id, const Logger& logger)
      : limits_(limits), hub_id_(std::move(hub_id)), logger_(logger) {}

  // The machine that the log describes at `now`. Warns of a log of more records than compact_hint.
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> open(const std::string& file, Moment now,
                                                            std::size_t compact_hint);
  // `done` is told on the store's thread: turns up to this one are safe, or the log has failed.
  void start(store::Committer::Done done);
  // The same machine again, from what the log really has: after a failed commit. Ends the
  // committing.
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> rebuild(Moment now);
  // Commits what was submitted and closes the file.
  void stop();

  // After start().
  [[nodiscard]] store::Committer& committer() const { return *committer_; }

 private:
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> replay(Moment now,
                                                              store::ReplayReport& report);

  core::Limits limits_;
  std::string hub_id_;
  const Logger& logger_;
  std::optional<store::FileLock> lock_;
  std::unique_ptr<store::SqliteStore> store_;
  std::unique_ptr<store::Committer> committer_;
};

}  // namespace synapse::hub
