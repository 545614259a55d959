// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/log_lock.hpp"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/file.hpp"
#include "rotten_log.hpp"
#include "samples.hpp"
#include "store/sqlite_store.hpp"
#include "support/fd.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using store::LogLock;

namespace {

// A process that takes the lock, says so, and holds it until it is killed.
class LogHolder {
 public:
  explicit LogHolder(const std::filesystem::path& file) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const auto lock = LogLock::acquire(file);
      const char said = lock ? 'y' : 'n';
      if (write(ends[1], &said, 1) != 1) _exit(1);
      for (;;) pause();
    }
    char said = 0;
    const ssize_t length = read(ends[0], &said, 1);
    close(ends[0]);
    close(ends[1]);
    REQUIRE(length == 1);
    REQUIRE(said == 'y');
  }
  LogHolder(const LogHolder&) = delete;
  LogHolder& operator=(const LogHolder&) = delete;
  ~LogHolder() { kill(); }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
};

Error log_refusal(const std::filesystem::path& file) {
  const auto refused = LogLock::acquire(file);
  REQUIRE_FALSE(refused);
  return refused.error();
}

}  // namespace

TEST_CASE("a log in use by another process is refused, with that process's number",
          "[store][lock]") {
  const TempDir dir;
  const LogHolder holder(dir / "h.db");
  const Error refused = log_refusal(dir / "h.db");
  CHECK(refused.code == ErrorCode::locked);
  CHECK_THAT(refused.message, Catch::StartsWith(base::quoted_path(dir / "h.db") + " is in use"));
  CHECK_THAT(refused.message, Catch::EndsWith("; stop that hub first, or name another file"));
  // Where the system shows its locks under the file's own device.
  if (refused.message.find("by process") != std::string::npos) {
    CHECK_THAT(refused.message,
               Catch::Contains("by process " + std::to_string(holder.pid()) + ";"));
  }
}

TEST_CASE("a log's lock dies with its process, however that dies", "[store][lock]") {
  const TempDir dir;
  for (int round = 0; round < 3; ++round) {
    LogHolder holder(dir / "h.db");
    REQUIRE_FALSE(LogLock::acquire(dir / "h.db"));
    holder.kill();
    REQUIRE(LogLock::acquire(dir / "h.db"));
  }
}

TEST_CASE("a log's lock also holds against the same process, until it is let go", "[store][lock]") {
  const TempDir dir;
  {
    auto first = LogLock::acquire(dir / "h.db");
    REQUIRE(first);
    const LogLock moved = std::move(*first);
    CHECK_THAT(log_refusal(dir / "h.db").message,
               Catch::Contains("process " + std::to_string(getpid())));
    CHECK(LogLock::acquire(dir / "other.db"));
  }
  CHECK(LogLock::acquire(dir / "h.db"));
}

TEST_CASE("a second try by the same process leaves SQLite's own locks alone", "[store][lock]") {
  const TempDir dir;
  const auto lock = LogLock::acquire(dir / "h.db");
  REQUIRE(lock);
  const auto log = open_store(dir / "h.db");
  REQUIRE(log->append(numbered(1, 1, core::Durability::synced)));
  REQUIRE_FALSE(LogLock::acquire(dir / "h.db"));
  // Without the lock that SQLite holds while a log is open, another process that closes it would
  // believe itself the last, and take its -wal away.
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int file = open((dir / "h.db").c_str(), O_RDWR);
    struct flock probe {};
    probe.l_type = F_WRLCK;
    probe.l_whence = SEEK_SET;
    probe.l_start = 0x40000002;
    probe.l_len = 510;
    _exit(fcntl(file, F_GETLK, &probe) == 0 && probe.l_type != F_UNLCK ? 0 : 1);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}

TEST_CASE("a log has one lock, by whatever name it is called", "[store][lock]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "real");
  std::filesystem::create_symlink(dir / "real", dir / "folder");
  std::ofstream(dir / "real/h.db") << "";
  std::filesystem::create_symlink(dir / "real/h.db", dir / "file.db");
  const LogHolder holder(dir / "real/h.db");
  for (const char* name : {"folder/h.db", "file.db", "folder/../real/h.db"}) {
    INFO(name);
    CHECK(log_refusal(dir / name).code == ErrorCode::locked);
  }
  // What looks like a lock file is none, and what looks stale may be removed.
  std::ofstream(dir / "real/h.db.lock") << "1";
  std::filesystem::remove(dir / "real/h.db.lock");
  CHECK(log_refusal(dir / "real/h.db").code == ErrorCode::locked);
}

TEST_CASE("a log with a second name is refused by both of them, in use or not", "[store][lock]") {
  const TempDir dir;
  std::optional<LogHolder> holder(std::in_place, dir / "h.db");
  std::filesystem::create_hard_link(dir / "h.db", dir / "i.db");
  for (const char* name : {"h.db", "i.db"}) {
    INFO(name);
    CHECK_THAT(log_refusal(dir / name).message, Catch::Contains("has 2 names (hard links)"));
  }
  holder.reset();
  CHECK_THAT(log_refusal(dir / "i.db").message, Catch::Contains("remove the others"));
  std::filesystem::remove(dir / "i.db");
  CHECK(LogLock::acquire(dir / "h.db"));
}

TEST_CASE("a log that is mounted by itself is refused, its folder is not", "[store][lock]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "folder");
  std::ofstream(dir / "folder/h.db") << "";
  std::ofstream(dir / "bound.db") << "";
  std::filesystem::create_directory(dir / "bound");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount((dir / "folder/h.db").c_str(), (dir / "bound.db").c_str(), nullptr, MS_BIND,
              nullptr) != 0 ||
        mount((dir / "folder").c_str(), (dir / "bound").c_str(), nullptr, MS_BIND, nullptr) != 0) {
      _exit(77);
    }
    const auto file = LogLock::acquire(dir / "bound.db");
    if (file || file.error().message.find("is mounted by itself") == std::string::npos) _exit(1);
    _exit(LogLock::acquire(dir / "bound/h.db") ? 0 : 2);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (WEXITSTATUS(status) == 77) {
    WARN("skipped: this system lets the test mount nothing");
    return;
  }
  CHECK(status == 0);
}

TEST_CASE("a hub that does not write shares its log with readers, and with no other hub",
          "[store][lock]") {
  const TempDir dir;
  const auto lock = LogLock::acquire(dir / "h.db");
  REQUIRE(lock);
  // As another process would; the lock belongs to the opened file, not to the process.
  const auto can_have = [&dir](int how) {
    const Fd file(open((dir / "h.db").c_str(), O_RDONLY));
    return flock(file.get(), how | LOCK_NB) == 0;
  };
  CHECK_FALSE(can_have(LOCK_SH));
  lock->share();
  CHECK(can_have(LOCK_SH));
  CHECK_FALSE(can_have(LOCK_EX));
}

TEST_CASE("a lock on what can't be a log is an error that names it", "[store][lock]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "h.db");
  CHECK(log_refusal(dir / "h.db").message ==
        base::quoted_path(dir / "h.db") + " is a folder, not a file");
  REQUIRE(mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK_THAT(log_refusal(dir / "pipe").message, Catch::EndsWith("is not a regular file"));
}

TEST_CASE("a log whose files went away under its hub takes nothing more", "[store][lock]") {
  const std::string what = GENERATE("h.db", "h.db-wal", "h.db-shm", "moved", "replaced");
  INFO(what);
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  REQUIRE(log->append(numbered(1, 1, core::Durability::synced)));
  REQUIRE(log->check());
  if (what == "moved") {
    std::filesystem::rename(dir / "h.db", dir / "i.db");
  } else if (what == "replaced") {
    std::ofstream(dir / "new.db") << "another";
    std::filesystem::rename(dir / "new.db", dir / "h.db");
  } else {
    std::filesystem::remove(dir / what);
  }
  const Result<> refused = log->append(numbered(2, 1, core::Durability::synced));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::not_found);
  CHECK_THAT(refused.error().message,
             Catch::EndsWith(what == "replaced" ? "was replaced by another file"
                                                : "was deleted or moved away"));
  CHECK_FALSE(log->check());
  // What it told before is what it still knows.
  CHECK(payloads_of(*log).size() == 1);
}
