// SPDX-License-Identifier: AGPL-3.0-or-later
// Small files, whole: read with a bound, replaced in one step, and how a failure is told. Any
// thread, any number of processes.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace synapse::base {

// "'FILE' can't be opened: Permission denied" for `what` "can't be opened" and `number`, an errno.
// Its code: not_found, disk_full or io_error.
[[nodiscard]] Error file_error(const std::filesystem::path& file, std::string_view what,
                               int number);
// For people, in quotes, without what a terminal would obey.
[[nodiscard]] std::string quoted_path(const std::filesystem::path& file);

// Of a regular file: its first or its last bytes, or all of it. To open one never waits for the
// other end of a pipe that somebody has put there. Errors: not_found, io_error; corrupt for what is
// no regular file, or is larger than the bound on the whole.
[[nodiscard]] Result<std::string> read_start(const std::filesystem::path& file,
                                             std::size_t bytes_max);
[[nodiscard]] Result<std::string> read_end(const std::filesystem::path& file,
                                           std::size_t bytes_max);
[[nodiscard]] Result<std::string> read_whole(const std::filesystem::path& file,
                                             std::size_t bytes_max);
// All that is still to be read from what is open, a pipe too; `file` is its name in an error.
// Errors: io_error; corrupt for more than the bound.
[[nodiscard]] Result<std::string> read_rest(const Descriptor& from,
                                            const std::filesystem::path& file,
                                            std::size_t bytes_max);

[[nodiscard]] std::error_code write_all(const Descriptor& to, std::string_view bytes);

// So that the names in a folder survive a power cut. Some file systems know no such thing; that is
// no failure, since the files themselves are whole either way.
void sync_folder_of(const std::filesystem::path& file);

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

// Replaces a file in one step: a process that reads it meanwhile, or after a crash, has the old
// file or the new one, whole. The last writer to finish wins. The new text stands in a draft beside
// the file until it takes its place, so the folder must be there and be writable. A draft of a
// process that was killed stays behind; nothing reads it. What the system said if it could not be
// done: the file is then as it was.
[[nodiscard]] std::error_code replace_file(const std::filesystem::path& file, std::string_view text,
                                           const FileTraits& traits);

}  // namespace synapse::base
