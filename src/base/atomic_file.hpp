// SPDX-License-Identifier: AGPL-3.0-or-later
// Replaces a file in one step: who reads meanwhile, or after a crash, has the old file or the new
// one, whole. Any thread, any number of processes; the last one to finish wins.
//
// The new text stands in a draft beside the file until it takes its place, so the folder must be
// there and be writable. A draft of a process that was killed stays behind; nothing reads it.
#pragma once

#include <filesystem>
#include <string_view>
#include <system_error>

namespace synapse::base {

struct FileTraits {
  enum class Mode {
    as_umask_leaves,
    exact,  // Whatever the umask.
  };
  enum class Sync {
    no,   // In the cache: a crash of the machine may bring the old file back.
    yes,  // On the disk, its name too, before this returns.
  };
  unsigned permissions = 0600;
  Mode mode = Mode::exact;
  Sync sync = Sync::yes;
};

// What the system said if it could not be done: the file is then as it was.
[[nodiscard]] std::error_code replace_file(const std::filesystem::path& file, std::string_view text,
                                           const FileTraits& traits);

}  // namespace synapse::base
