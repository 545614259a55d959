// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/file_lock.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "base/file.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using store::FileLock;

namespace {

// A process that takes the lock, says so, and holds it until it is killed.
class Holder {
 public:
  explicit Holder(const std::filesystem::path& file) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const auto lock = FileLock::acquire(file);
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
  ~Holder() { kill(); }
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

}  // namespace

TEST_CASE("a file in use by another process is refused, with that process's number",
          "[store][file-lock]") {
  const TempDir dir;
  const Holder holder(dir / "h.db");
  const auto refused = FileLock::acquire(dir / "h.db");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::locked);
  CHECK(refused.error().message == base::quoted_path(dir / "h.db") + " is in use by process " +
                                       std::to_string(holder.pid()) +
                                       "; stop that first, or name another file");
}

TEST_CASE("a lock dies with its process, however that dies", "[store][file-lock]") {
  const TempDir dir;
  for (int round = 0; round < 3; ++round) {
    Holder holder(dir / "h.db");
    REQUIRE_FALSE(FileLock::acquire(dir / "h.db"));
    holder.kill();
    REQUIRE(FileLock::acquire(dir / "h.db"));
  }
}

TEST_CASE("a lock also holds against the same process, until it is let go", "[store][file-lock]") {
  const TempDir dir;
  {
    auto first = FileLock::acquire(dir / "h.db");
    REQUIRE(first);
    const FileLock moved = std::move(*first);
    const auto second = FileLock::acquire(dir / "h.db");
    REQUIRE_FALSE(second);
    CHECK_THAT(second.error().message, Catch::Contains("process " + std::to_string(getpid())));
    CHECK(FileLock::acquire(dir / "other.db"));
  }
  CHECK(FileLock::acquire(dir / "h.db"));
}

TEST_CASE("a file has one lock, by whatever name it is called", "[store][file-lock]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "real");
  std::filesystem::create_symlink(dir / "real", dir / "folder");
  std::ofstream(dir / "real/h.db") << "";
  std::filesystem::create_symlink(dir / "real/h.db", dir / "file.db");
  const auto lock = FileLock::acquire(dir / "real/h.db");
  REQUIRE(lock);
  CHECK_FALSE(FileLock::acquire(dir / "folder/h.db"));
  CHECK_FALSE(FileLock::acquire(dir / "file.db"));
  CHECK_FALSE(FileLock::acquire(dir / "folder/../real/h.db"));
}

TEST_CASE("the lock file is its owner's alone and in a folder that is made", "[store][file-lock]") {
  const TempDir dir;
  const auto lock = FileLock::acquire(dir / "new/h.db");
  REQUIRE(lock);
  struct stat status {};
  REQUIRE(stat((dir / "new/h.db.lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777U) == 0600);
}

TEST_CASE("a lock that can't be made is an error that names it", "[store][file-lock]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "h.db.lock");
  const auto refused = FileLock::acquire(dir / "h.db");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::io_error);
  CHECK_THAT(refused.error().message, Catch::Contains("h.db.lock' can't be opened"));
}
