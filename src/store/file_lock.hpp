// SPDX-License-Identifier: AGPL-3.0-or-later
// One process a file that is replaced whenever it is saved, as the A2A state file is: an exclusive
// flock on FILE.lock, held while the object lives. The kernel drops it when the process ends,
// however it ends, so a crash leaves nothing to clean up; the lock file itself stays, and names the
// process that held it last. An event log is not replaced and has a better one (log_lock.hpp).
#pragma once

#include <filesystem>

#include "base/descriptor.hpp"
#include "base/error.hpp"

namespace synapse::store {

class FileLock {
 public:
  // For `file`; makes its folder if need be. If another holds it: `locked`, with the holder's
  // process id.
  [[nodiscard]] static Result<FileLock> acquire(const std::filesystem::path& file);

 private:
  explicit FileLock(base::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  base::Descriptor descriptor_;
};

}  // namespace synapse::store
