// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/pid_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "base/file.hpp"

namespace synapse::services {

namespace {

namespace fs = std::filesystem;

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

// The holder removes the file when it ends: what was opened before may be nobody's any more.
bool is_still_there(const fs::path& file, int descriptor) {
  struct stat opened {};
  struct stat named {};
  return fstat(descriptor, &opened) == 0 && lstat(file.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

void ask_holder_to_end(int descriptor) {
  struct flock lock = whole_file();
  if (fcntl(descriptor, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK || lock.l_pid <= 0) return;
  kill(lock.l_pid, SIGTERM);
}

Result<> write_owner(const fs::path& file, int descriptor, pid_t owner) {
  const std::string text = std::to_string(getpid()) + " " + std::to_string(owner) + "\n";
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return base::file_error(file, "can't be written", errno);
  }
  return {};
}

enum class Try { taken, held, gone };

Result<Try> try_lock(const fs::path& file, int descriptor) {
  struct flock lock = whole_file();
  if (fcntl(descriptor, F_SETLK, &lock) != 0) {
    if (errno == EACCES || errno == EAGAIN) return Try::held;
    return base::file_error(file, "can't be locked", errno);
  }
  return is_still_there(file, descriptor) ? Try::taken : Try::gone;
}

}  // namespace

Result<std::optional<PidFile>> PidFile::claim(const fs::path& file, pid_t owner, IfHeld if_held) {
  constexpr int tries_max = 250;
  constexpr int pause_ms = 20;
  if (Result<> made = make_private_folder(file.parent_path()); !made) return made.error();
  for (int tries = 0; tries < tries_max; ++tries) {
    base::Descriptor opened(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!opened.is_open()) return base::file_error(file, "can't be opened", errno);
    const Result<Try> outcome = try_lock(file, opened.number());
    if (!outcome) return outcome.error();
    if (*outcome == Try::taken) {
      const Result<> written = write_owner(file, opened.number(), owner);
      if (!written) return written.error();
      return std::optional<PidFile>(PidFile(file, std::move(opened)));
    }
    if (*outcome == Try::gone) continue;
    if (if_held == IfHeld::leave) return std::optional<PidFile>();
    if (tries == 0) ask_holder_to_end(opened.number());
    poll(nullptr, 0, pause_ms);
  }
  return fail(ErrorCode::locked, file.string() + " is still held by a process that does not end");
}

PidFile::~PidFile() {
  // While the lock is held: whoever opens it from now on gets another file.
  if (descriptor_.is_open()) unlink(file_.c_str());
}

Result<> make_private_folder(const fs::path& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    return base::file_error(folder, "can't be made", errno);
  }
  struct stat status {};
  if (lstat(folder.c_str(), &status) != 0)
    return base::file_error(folder, "can't be looked at", errno);
  if (!S_ISDIR(status.st_mode) || status.st_uid != geteuid()) {
    return fail(ErrorCode::io_error, folder.string() + " is not a folder of this user's");
  }
  return {};
}

fs::path runtime_folder(const base::Environment& environment, const std::string& name) {
  const fs::path runtime = environment.get("XDG_RUNTIME_DIR").value_or("");
  if (runtime.is_absolute()) return runtime / name;
  return "/tmp/" + name + "-" + std::to_string(getuid());
}

fs::path listener_file(const base::Environment& environment, const std::string& identity) {
  std::string name;
  for (const char character : identity) {
    if (character == '%') {
      name += "%25";
    } else if (character == '/') {
      name += "%2F";
    } else {
      name += character;
    }
  }
  return runtime_folder(environment, "synapse-shell") / (name + ".pid");
}

}  // namespace synapse::services
