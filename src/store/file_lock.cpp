// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/file_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "store/log_files.hpp"

namespace synapse::store {

namespace {

// " by process 4711", as the holder wrote it; nothing if it has not come to that yet.
std::string holder(int descriptor) {
  std::array<char, 24> text{};
  const ssize_t length = pread(descriptor, text.data(), text.size(), 0);
  long pid = 0;
  if (length <= 0 || std::from_chars(text.data(), text.data() + length, pid).ec != std::errc()) {
    return "";
  }
  return " by process " + std::to_string(pid);
}

Result<> write_holder(int descriptor, const std::filesystem::path& name) {
  const std::string pid = std::to_string(getpid()) + "\n";
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return base::file_error(name, "can't be written", errno);
  }
  return {};
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::filesystem::path& file) {
  const std::filesystem::path name = companion(real_path(file), ".lock");
  if (Result<> made = make_folder_of(name); !made) return made.error();
  // Close-on-exec: a child must not hold on to the lock of a hub that is gone.
  base::Descriptor descriptor(open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor.is_open()) return base::file_error(name, "can't be opened", errno);
  int failed = 0;
  do {
    failed = flock(descriptor.number(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  } while (failed == EINTR);
  if (failed == EWOULDBLOCK) {
    return fail(ErrorCode::locked, base::quoted_path(file) + " is in use" +
                                       holder(descriptor.number()) +
                                       "; stop that first, or name another file");
  }
  if (failed != 0) return base::file_error(name, "can't be locked", failed);
  fchmod(descriptor.number(), 0600);
  if (Result<> written = write_holder(descriptor.number(), name); !written) {
    return written.error();
  }
  return FileLock(std::move(descriptor));
}

}  // namespace synapse::store
