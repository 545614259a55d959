// SPDX-License-Identifier: AGPL-3.0-or-later
// The files of an event log: FILE, and FILE-wal and FILE-shm (SQLite's). They hold what agents say
// to each other, so they are their owner's alone, whatever the umask.
#pragma once

#include <sys/stat.h>

#include <compare>
#include <filesystem>
#include <vector>

#include "base/error.hpp"

namespace synapse::store {

// Without symbolic links, so that one log has one name: SQLite names FILE-wal after this.
[[nodiscard]] std::filesystem::path real_path(const std::filesystem::path& file);

// FILE with a suffix, such as FILE-wal.
[[nodiscard]] std::filesystem::path companion(const std::filesystem::path& file,
                                              const char* suffix);

// Makes the folder of a file, and those above it, private (0700) where they are missing.
[[nodiscard]] Result<> make_folder_of(const std::filesystem::path& file);

// Makes FILE, empty, if it is missing, and takes everyone else's rights from it and its companions.
// Never opens a file that is there: closing it again would drop the locks that SQLite holds on it
// in this process.
[[nodiscard]] Result<> make_private_log(const std::filesystem::path& file);

// Takes everyone else's rights from a file, if it is there and ours.
void make_private(const std::filesystem::path& file);

// Which file a name stood for at a moment.
struct FileIdentity {
  explicit FileIdentity(const struct stat& status) : device(status.st_dev), inode(status.st_ino) {}
  auto operator<=>(const FileIdentity&) const = default;

  dev_t device;
  ino_t inode;
};

// Notices that the files of a log that somebody has open were deleted, moved, replaced or emptied:
// what is written then, nobody will find again. Looks at the names alone, for a few microseconds.
class LogWatch {
 public:
  LogWatch() = default;
  // When the log is open, and these are its files.
  explicit LogWatch(const std::filesystem::path& named);

  // not_found, with the name of the file that is not the one that it was.
  [[nodiscard]] Result<> check() const;

 private:
  struct Watched {
    std::filesystem::path file;
    FileIdentity identity;
  };
  std::vector<Watched> files_;
};

}  // namespace synapse::store
