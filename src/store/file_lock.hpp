// SPDX-License-Identifier: AGPL-3.0-or-later
// One hub a log: an exclusive flock on FILE.lock, held while the object lives. The kernel drops it
// when the process ends, however it ends, so a crash leaves nothing to clean up; the file itself
// stays, and names who held it last.
//
// Not a lock on FILE: closing any descriptor of that would drop SQLite's own locks on it. Readers
// and the compaction don't take it; they go by SQLite's.
#pragma once

#include <filesystem>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace synapse::store {

class FileLock {
 public:
  // For the log `file`; makes its folder if need be. If another holds it: `locked`, with the
  // holder's process id.
  [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& file);

 private:
  explicit FileLock(base::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  base::Descriptor descriptor_;
};

}  // namespace synapse::store
