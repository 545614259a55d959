// SPDX-License-Identifier: AGPL-3.0-or-later
// The event log as the service keeps it: lock, file, replay and the committing thread. Without --db
// there is none.
//
// A log that can be read and not written, or whose newest part is damaged, is opened all the same:
// the hub then answers queries and refuses changes, and whoever runs it decides what to do.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/process_row.hpp"
#include "core/machine.hpp"
#include "hub/log_replay.hpp"
#include "hub/logger.hpp"
#include "store/committer.hpp"
#include "store/log_lock.hpp"
#include "store/replay.hpp"
#include "store/sqlite_store.hpp"

namespace synapse::hub {

struct LogOptions {
  std::string file;
  std::size_t compact_hint = 0;  // More records are warned of; 0: never.
  bool accepts_loss = false;     // Goes on without the part of a damaged log that can't be read.
};

class LogKeeper {
 public:
  LogKeeper(LogOptions options, const core::Limits& limits, std::string hub_id,
            const Logger& logger)
      : options_(std::move(options)),
        replay_{limits, std::move(hub_id), base::boot_id(), logger},
        logger_(logger) {}

  // The machine that the log describes at `now`. Once the hub is no longer wanted it ends soon,
  // with `closed`.
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> open(Moment now,
                                                            const std::atomic<bool>& is_unwanted);
  // After open(): why nothing can be written, or nothing if it can. Then start() is not called.
  [[nodiscard]] const std::optional<Error>& read_only() const { return read_only_; }

  // `done` is told on the store's thread: turns up to this one are safe, or the log has failed.
  void start(store::Committer::Done done);
  // The same machine again, from what the log really has: after a failed commit. Ends the
  // committing.
  [[nodiscard]] Result<std::unique_ptr<core::Machine>> rebuild(Moment now);
  // Commits what was submitted and closes the file.
  void stop();

  // After start(); null: nothing can be written.
  [[nodiscard]] store::Committer* committer() const { return committer_.get(); }

 private:
  using Opened = Result<std::unique_ptr<core::Machine>>;

  [[nodiscard]] Result<> judge_newest_part(Moment now);
  [[nodiscard]] Opened open_for_writing(Moment now, const std::atomic<bool>& is_unwanted);
  [[nodiscard]] Opened open_for_reading(const Error& why, Moment now,
                                        const std::atomic<bool>& is_unwanted);
  [[nodiscard]] Opened replay(store::EventStore& store, Moment now, store::ReplayReport& report,
                              const std::atomic<bool>& is_unwanted);
  void tell(const store::ReplayReport& report) const;

  const LogOptions options_;
  const LogReplay replay_;
  const Logger& logger_;
  std::optional<store::LogLock> lock_;  // Outlives the store.
  std::optional<Error> read_only_;
  std::unique_ptr<store::SqliteStore> store_;
  double opened_at_ = 0;
  std::vector<store::Entry> changed_;  // Leases that the run before had no time to write whole.
  std::unique_ptr<store::Committer> committer_;
};

// What people can do about a log that can't be written for this reason.
[[nodiscard]] std::string_view advice(const Error& why);

}  // namespace synapse::hub
