// SPDX-License-Identifier: AGPL-3.0-or-later
// The files of an event log: FILE, FILE-wal and FILE-shm (SQLite's) and FILE.lock. They hold what
// agents say to each other, so they are their owner's alone, whatever the umask.
#pragma once

#include <filesystem>

#include "base/error.hpp"

namespace synapse::store {

// Without symbolic links, so that one log has one name: SQLite names FILE-wal after this, and so
// must the lock.
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

}  // namespace synapse::store
