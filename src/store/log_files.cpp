// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/log_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/file.hpp"

namespace synapse::store {

namespace {

namespace fs = std::filesystem;

constexpr mode_t private_file = 0600;
constexpr mode_t private_folder = 0700;

fs::path folder_of(const fs::path& file) {
  const fs::path folder = file.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

Result<> make_folder(const fs::path& folder) {
  struct stat status {};
  if (stat(folder.c_str(), &status) == 0) {
    if (S_ISDIR(status.st_mode)) return {};
    return base::file_error(folder, "is needed as a folder", ENOTDIR);
  }
  if (errno != ENOENT) return base::file_error(folder, "can't be looked up", errno);
  if (folder.has_parent_path() && folder.parent_path() != folder) {
    if (Result<> above = make_folder(folder.parent_path()); !above) return above;
  }
  if (mkdir(folder.c_str(), private_folder) != 0) {
    if (errno == EEXIST) return {};  // Made by somebody else meanwhile.
    return base::file_error(folder, "can't be made", errno);
  }
  chmod(folder.c_str(), private_folder);
  base::sync_folder_of(folder);
  return {};
}

}  // namespace

fs::path real_path(const fs::path& file) {
  std::error_code failed;
  fs::path real = fs::weakly_canonical(fs::absolute(file, failed), failed);
  return failed ? file : real;
}

fs::path companion(const fs::path& file, const char* suffix) {
  fs::path name = file;
  name += suffix;
  return name;
}

Result<> make_folder_of(const fs::path& file) { return make_folder(folder_of(file)); }

Result<> make_private_log(const fs::path& file) {
  const base::Descriptor made(
      open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, private_file));
  if (made.is_open()) {
    fchmod(made.number(), private_file);
    base::sync_folder_of(file);
    return {};
  }
  if (errno != EEXIST) return base::file_error(file, "can't be made", errno);
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return base::file_error(file, "can't be looked up", errno);
  if (S_ISDIR(status.st_mode)) {
    return fail(ErrorCode::io_error, base::quoted_path(file) + " is a folder, not a file");
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::io_error, base::quoted_path(file) + " is not a regular file");
  }
  for (const char* suffix : {"", "-wal", "-shm"}) make_private(companion(file, suffix));
  return {};
}

void make_private(const fs::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return;
  if ((status.st_mode & 0777U) != private_file) chmod(file.c_str(), private_file);
}

LogWatch::LogWatch(const fs::path& named) {
  const fs::path file = real_path(named);
  for (const char* suffix : {"", "-wal", "-shm"}) {
    const fs::path name = companion(file, suffix);
    struct stat status {};
    if (stat(name.c_str(), &status) == 0) files_.push_back({name, FileIdentity(status)});
  }
}

Result<> LogWatch::check() const {
  for (const Watched& one : files_) {
    struct stat status {};
    // Not through a link: SQLite's other files are beside the name that the log was opened by, and
    // whoever opens it by a link looks for them beside what that leads to.
    const bool is_there = lstat(one.file.c_str(), &status) == 0;
    if (is_there && FileIdentity(status) == one.identity) {
      if (status.st_size > 0 || one.file != files_.front().file) continue;
      return fail(ErrorCode::not_found, base::quoted_path(one.file) + " was emptied");
    }
    // A file system that doesn't answer for the moment is no proof.
    if (!is_there && errno != ENOENT && errno != ENOTDIR) continue;
    return fail(ErrorCode::not_found,
                base::quoted_path(one.file) +
                    (is_there ? " was replaced by another file" : " was deleted or moved away"));
  }
  return {};
}

}  // namespace synapse::store
