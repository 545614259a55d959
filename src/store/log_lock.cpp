// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/log_lock.hpp"

#include <fcntl.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "store/log_files.hpp"

namespace synapse::store {

namespace {

namespace fs = std::filesystem;

// The logs that this process has locked.
class LocksOfThisProcess {
 public:
  bool add(const FileIdentity& file) {
    const std::lock_guard lock(mutex_);
    return files_.insert(file).second;
  }
  void remove(const FileIdentity& file) {
    const std::lock_guard lock(mutex_);
    files_.erase(file);
  }

 private:
  std::mutex mutex_;
  std::set<FileIdentity> files_;
};

LocksOfThisProcess& locks_of_this_process() {
  static LocksOfThisProcess locks;
  return locks;
}

// " by process 4711", as the kernel knows it; nothing where it doesn't tell, as of a process in
// another container.
std::string holder(const FileIdentity& file) {
  std::array<char, 32> name{};
  std::snprintf(name.data(), name.size(), "%02x:%02x:%llu", major(file.device), minor(file.device),
                static_cast<unsigned long long>(file.inode));
  std::ifstream locks("/proc/locks");
  std::string number, kind, manner, access, place;
  long pid = 0;
  for (std::string line; std::getline(locks, line);) {
    std::istringstream words(line);
    words >> number >> kind >> manner >> access >> pid >> place;
    if (words && kind == "FLOCK" && pid > 0 && place == name.data()) {
      return " by process " + std::to_string(pid);
    }
  }
  return "";
}

Error in_use(const fs::path& file, const std::string& by) {
  return fail(ErrorCode::locked, base::quoted_path(file) + " is in use" + by +
                                     "; stop that hub first, or name another file");
}

bool is_mounted_by_itself(const fs::path& file) {
  struct statx status {};
  if (statx(AT_FDCWD, file.c_str(), 0, STATX_TYPE, &status) != 0) return false;
  return (status.stx_attributes_mask & status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Result<> check_names(const fs::path& file, const struct stat& status) {
  if (status.st_nlink > 1) {
    return fail(ErrorCode::io_error,
                base::quoted_path(file) + " has " + std::to_string(status.st_nlink) +
                    " names (hard links), and its newest part is found by only one of them; "
                    "remove the others");
  }
  if (is_mounted_by_itself(file)) {
    return fail(ErrorCode::io_error,
                base::quoted_path(file) +
                    " is mounted by itself, without the -wal file that belongs to it; mount its "
                    "folder in its place");
  }
  return {};
}

int lock_file(const base::Descriptor& descriptor, int how) {
  int failed = 0;
  do {
    failed = flock(descriptor.number(), how | LOCK_NB) == 0 ? 0 : errno;
  } while (failed == EINTR);
  return failed;
}

}  // namespace

class LogLock::Held {
 public:
  Held(base::Descriptor descriptor, const FileIdentity& file)
      : descriptor_(std::move(descriptor)), file_(file) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    descriptor_.reset();
    locks_of_this_process().remove(file_);
  }
  [[nodiscard]] const base::Descriptor& descriptor() const { return descriptor_; }

  static Result<std::unique_ptr<const Held>> acquire(const fs::path& file, int how);

 private:
  base::Descriptor descriptor_;
  FileIdentity file_;
};

Result<std::unique_ptr<const LogLock::Held>> LogLock::Held::acquire(const fs::path& file, int how) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return base::file_error(file, "can't be looked up", errno);
  if (Result<> names = check_names(file, status); !names) return names.error();
  const FileIdentity identity(status);
  if (!locks_of_this_process().add(identity)) {
    return in_use(file, " by process " + std::to_string(getpid()));
  }
  // Close-on-exec: a child must not hold on to the lock of a hub that is gone.
  auto held = std::make_unique<const Held>(
      base::Descriptor(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)), identity);
  if (!held->descriptor().is_open()) return base::file_error(file, "can't be opened", errno);
  const int failed = lock_file(held->descriptor(), how);
  if (failed == EWOULDBLOCK) return in_use(file, holder(identity));
  if (failed != 0) return base::file_error(file, "can't be locked", failed);
  // Replaced between the look and the lock: then it is a lock on nothing.
  struct stat now {};
  if (fstat(held->descriptor().number(), &now) != 0 || FileIdentity(now) != identity) {
    return fail(ErrorCode::locked, base::quoted_path(file) + " is being replaced; try again");
  }
  return held;
}

void LogLock::Close::operator()(const Held* held) const { delete held; }

LogLock::LogLock(std::unique_ptr<const Held> held) : held_(held.release()) {}

Result<LogLock> LogLock::acquire(const fs::path& named) {
  const fs::path file = real_path(named);
  if (Result<> made = make_folder_of(file); !made) return made.error();
  if (Result<> made = make_private_log(file); !made) return made.error();
  auto held = Held::acquire(file, LOCK_EX);
  if (!held) return held.error();
  return LogLock(std::move(*held));
}

Result<LogLock> LogLock::acquire_shared(const fs::path& named) {
  auto held = Held::acquire(real_path(named), LOCK_SH);
  if (!held) return held.error();
  return LogLock(std::move(*held));
}

void LogLock::share() const { static_cast<void>(lock_file(held_->descriptor(), LOCK_SH)); }

}  // namespace synapse::store
