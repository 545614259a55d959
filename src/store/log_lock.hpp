// SPDX-License-Identifier: AGPL-3.0-or-later
// One hub a log: an exclusive flock on the log itself, held while the object lives. A log has many
// names (links, mounts, paths) and one inode, so no alias lets a second hub in, and there is no
// lock file that somebody could take for stale and remove. The kernel drops the lock when the
// process ends, however it ends.
//
// A flock is no obstacle to SQLite, whose own locks are of another kind (fcntl), and which the file
// systems that can hold a log (local ones) keep apart. But closing any descriptor of a file drops
// the process's own fcntl locks on it. So the descriptor is held for as long as the lock, which has
// to outlive the store; and a log that this process has locked is refused without opening it.
//
// Also refused is a log that has more than one name, or that is mounted by itself: SQLite finds the
// newest part of a log, its -wal, by the log's name, and would not see it by the other one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>

#include "base/error.hpp"

namespace synapse::store {

class LogLock {
 public:
  // Makes the file, and its folder, if they are missing. If another hub holds it: `locked`, with
  // the holder's process id where the system tells.
  [[nodiscard]] static Result<LogLock> acquire(const std::filesystem::path& file);
  // For a reader that nothing else protects from a hub that writes: together with other readers,
  // against hubs.
  [[nodiscard]] static Result<LogLock> acquire_shared(const std::filesystem::path& file);

  // For a hub that is not going to write: readers may have it, too.
  void share() const;

 private:
  class Held;
  explicit LogLock(std::unique_ptr<const Held> held);

  struct Close {
    void operator()(const Held* held) const;
  };
  std::unique_ptr<const Held, Close> held_;
};

}  // namespace synapse::store
