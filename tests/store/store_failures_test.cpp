// SPDX-License-Identifier: AGPL-3.0-or-later
// The real store on a disk that is full, broken, or without power.
#include <sched.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "samples.hpp"
#include "shaky_vfs.hpp"
#include "store/sqlite_store.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using core::Durability;
using store::SqliteStore;

namespace {

std::unique_ptr<SqliteStore> open_on(const ShakyVfs& disk, const std::filesystem::path& file,
                                     store::SqliteOptions options = {}) {
  options.vfs = disk.name();
  auto opened = SqliteStore::open(file, options);
  REQUIRE(opened);
  return std::move(*opened);
}

std::vector<std::string> payloads_in(const std::filesystem::path& file) {
  auto log = SqliteStore::open(file);
  REQUIRE(log);
  return payloads_of(**log);
}

// As a process that is killed now would leave the files.
void copy_log(const std::filesystem::path& from, const std::filesystem::path& to) {
  for (const char* suffix : {"", "-wal"}) {
    const std::filesystem::path file = from.string() + suffix;
    if (std::filesystem::exists(file)) std::filesystem::copy_file(file, to.string() + suffix);
  }
}

}  // namespace

TEST_CASE("a power cut loses no synced append, nor anything before it", "[store][power]") {
  const TempDir dir;
  ShakyVfs disk;
  const auto log = open_on(disk, dir / "h.db");
  std::size_t safe = 0;
  for (int n = 0; n < 40; ++n) {
    const bool synced = n % 4 == 1;
    REQUIRE(log->append(numbered(n, 1, synced ? Durability::synced : Durability::written)));
    if (synced) safe = static_cast<std::size_t>(n) + 1;
    const TempDir after;
    disk.write_what_is_on_disk(after.path());
    const std::vector<std::string> left = payloads_in(after / "h.db");
    INFO("after append " << n);
    REQUIRE(left.size() >= safe);
    for (std::size_t i = 0; i < left.size(); ++i) {
      REQUIRE(left[i] == "{\"n\":" + std::to_string(i) + "}");
    }
  }
}

TEST_CASE("an append that asks for no sync costs none, and a power cut takes it",
          "[store][power]") {
  const TempDir dir;
  ShakyVfs disk;
  const auto log = open_on(disk, dir / "h.db");
  REQUIRE(log->append(numbered(0, 1, Durability::synced)));
  const int before = disk.syncs();
  REQUIRE(log->append(numbered(1, 3, Durability::written)));
  CHECK(disk.syncs() == before);
  const TempDir after;
  disk.write_what_is_on_disk(after.path());
  CHECK(payloads_in(after / "h.db").size() == 1);
  // One entry that asks for it syncs its whole transaction.
  std::vector<store::Entry> mixed = numbered(4, 2, Durability::written);
  mixed.push_back(numbered(6, 1, Durability::synced).front());
  REQUIRE(log->append(mixed));
  CHECK(disk.syncs() > before);
}

TEST_CASE("what a killed process only wrote is made safe before it is told", "[store][power]") {
  const TempDir dir;
  ShakyVfs disk;
  const auto killed = open_on(disk, dir / "h.db");
  REQUIRE(killed->append(numbered(0, 1, Durability::synced)));
  REQUIRE(killed->append(numbered(1, 3, Durability::written)));
  const auto next = open_on(disk, dir / "h.db");
  CHECK(payloads_of(*next).size() == 4);
  const TempDir after;
  disk.write_what_is_on_disk(after.path());
  CHECK(payloads_in(after / "h.db").size() == 4);

  disk.fail_syncs(1, SQLITE_IOERR_FSYNC);
  const auto refused = store::SqliteStore::open(dir / "h.db", {.vfs = disk.name()});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::io_error);
}

TEST_CASE("a failing write refuses the append whole, and all after it", "[store][failure]") {
  const int code = GENERATE(SQLITE_FULL, SQLITE_IOERR_WRITE);
  const ErrorCode expected = code == SQLITE_FULL ? ErrorCode::disk_full : ErrorCode::io_error;
  const TempDir dir;
  ShakyVfs disk;
  const auto log = open_on(disk, dir / "h.db");
  REQUIRE(log->append(numbered(0, 2, Durability::synced)));
  disk.fail_writes(3, code);
  const Result<> refused = log->append(numbered(2, 500, Durability::synced));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == expected);
  CHECK_THAT(refused.error().message, Catch::Contains("h.db'"));

  disk.heal();
  const Result<> later = log->append(numbered(2, 1, Durability::written));
  REQUIRE_FALSE(later);
  CHECK(later.error().code == expected);
  CHECK(payloads_of(*log).size() == 2);
  copy_log(dir / "h.db", dir / "copy.db");
  CHECK(payloads_in(dir / "copy.db").size() == 2);
}

TEST_CASE("what a failed sync refused does not come back after a crash", "[store][failure]") {
  const TempDir dir;
  ShakyVfs disk;
  const auto log = open_on(disk, dir / "h.db");
  REQUIRE(log->append(numbered(0, 2, Durability::written)));
  disk.fail_syncs(1, SQLITE_IOERR_FSYNC);
  const Result<> refused = log->append(numbered(2, 1, Durability::synced));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::io_error);
  CHECK(payloads_of(*log).size() == 2);
  copy_log(dir / "h.db", dir / "copy.db");
  CHECK(payloads_in(dir / "copy.db").size() == 2);
}

TEST_CASE("an append waits for another program's transaction, time and again", "[store][failure]") {
  const TempDir dir;
  ShakyVfs disk;
  store::SqliteOptions options;
  options.busy_timeout = std::chrono::milliseconds(1);  // One wait a try.
  options.busy_tries = 5;
  const auto log = open_on(disk, dir / "h.db", options);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((dir / "h.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  int waits = 0;
  disk.on_wait([&] {
    if (++waits == 3) sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  });
  CHECK(log->append(numbered(0, 1, Durability::synced)));
  CHECK(waits == 3);
  CHECK(payloads_of(*log).size() == 1);
  sqlite3_close(other);
}

TEST_CASE("damage in the file is told as damage", "[store][failure]") {
  const TempDir dir;
  {
    auto log = SqliteStore::open(dir / "h.db");
    REQUIRE(log);
    REQUIRE((*log)->append(numbered(0, 2000, Durability::written)));
    REQUIRE((*log)->close());
  }
  {
    std::fstream file(dir / "h.db", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(2 * 4096);
    for (int i = 0; i < 3 * 4096; ++i) file.put('\xA5');
  }
  auto log = SqliteStore::open(dir / "h.db");
  REQUIRE(log);
  std::size_t seen = 0;
  const Result<> read = (*log)->read([&seen](const store::RecordView&) {
    ++seen;
    return true;
  });
  REQUIRE_FALSE(read);
  CHECK(read.error().code == ErrorCode::corrupt);
  CHECK(seen < 2000);
}

TEST_CASE("a disk that is really full is told as full, and loses nothing acknowledged",
          "[store][failure]") {
  const TempDir dir;
  std::filesystem::create_directory(dir / "disk");
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // In a mount namespace of its own: nothing is left to unmount, however this ends.
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("none", (dir / "disk").c_str(), "tmpfs", 0, "size=256k") != 0) {
      _exit(77);
    }
    auto log = SqliteStore::open(dir / "disk/h.db");
    if (!log) _exit(2);
    int stored = 0;
    for (; stored < 100000; stored += 10) {
      const Result<> appended = (*log)->append(numbered(stored, 10, Durability::synced));
      if (appended) continue;
      if (appended.error().code != ErrorCode::disk_full) _exit(3);
      break;
    }
    if (stored == 100000) _exit(4);
    if (payloads_of(**log).size() != static_cast<std::size_t>(stored)) _exit(5);
    log->reset();
    log = SqliteStore::open(dir / "disk/h.db");
    _exit(log && payloads_of(**log).size() == static_cast<std::size_t>(stored) ? 0 : 6);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) {
    WARN("no right to mount here: only the simulated full disk was tested");
    return;
  }
  CHECK(WEXITSTATUS(status) == 0);
}
