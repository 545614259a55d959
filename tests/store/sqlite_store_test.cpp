// SPDX-License-Identifier: AGPL-3.0-or-later
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/file.hpp"
#include "rotten_log.hpp"
#include "samples.hpp"
#include "store/event_codec.hpp"
#include "store/recorder.hpp"
#include "store/replay.hpp"
#include "store/sqlite_store.hpp"
#include "support/fd.hpp"
#include "support/result_text.hpp"
#include "support/temp_dir.hpp"

using namespace synapse;
using namespace synapse::test;
using core::Durability;
using store::SqliteStore;

namespace {

Error refusal(const std::filesystem::path& file) {
  auto opened = SqliteStore::open(file);
  REQUIRE_FALSE(opened);
  return opened.error();
}

unsigned mode_of(const std::filesystem::path& file) {
  struct stat status {};
  REQUIRE(stat(file.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

void write_text(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

// Sets the umask while it lives.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  ~Umask() { umask(before_); }

 private:
  mode_t before_;
};

}  // namespace

TEST_CASE("what is appended is read back in order, numbered from 1", "[store][sqlite]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  REQUIRE(log->append(numbered(1, 2, Durability::written)));
  REQUIRE(log->append(numbered(3, 1, Durability::synced)));

  const std::vector<StoredRecord> records = records_of(*log);
  REQUIRE(records.size() == 3);
  CHECK(records[0].seq == 1);
  CHECK(records[2].seq == 3);
  CHECK(records[2].kind == "test");
  CHECK(records[2].payload == R"({"n":3})");
  CHECK(records[2].ts == 1700000000.5);

  std::vector<std::int64_t> first;
  REQUIRE(log->read([&](const store::RecordView& record) {
    first.push_back(record.seq);
    return false;
  }));
  CHECK(first == std::vector<std::int64_t>{1});
}

TEST_CASE("the rows of our own are read behind the rows that they were written behind",
          "[store][sqlite][own]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  std::vector<store::Entry> entries = numbered(1, 8, Durability::synced);
  for (const std::size_t ours : {0U, 2U, 3U, 6U}) {
    entries[ours].table = store::Table::synapse_events;
  }
  REQUIRE(log->append(std::span(entries).first(4)));
  REQUIRE(log->append(std::span(entries).subspan(4)));
  std::vector<std::string> expected;
  for (const store::Entry& entry : entries) expected.push_back(entry.payload);
  CHECK(payloads_of(*log) == expected);
  std::vector<std::int64_t> seqs;
  for (const StoredRecord& record : records_of(*log)) seqs.push_back(record.seq);
  CHECK(seqs == std::vector<std::int64_t>{0, 1, 1, 1, 2, 3, 3, 4});
  CHECK(ask_sql(dir / "h.db", "SELECT group_concat(after_seq) FROM synapse_events") == "0,1,1,3");
  CHECK(ask_sql(dir / "h.db", "SELECT group_concat(payload) FROM events") ==
        R"({"n":2},{"n":5},{"n":6},{"n":8})");
}

TEST_CASE("a row of our own keeps its place though the rows before it are compacted away",
          "[store][sqlite][own]") {
  const TempDir dir;
  const auto log = open_store(dir / "h.db");
  std::vector<store::Entry> entries = numbered(1, 4, Durability::synced);
  entries[1].table = entries[2].table = store::Table::synapse_events;
  REQUIRE(log->append(std::span(entries).first(2)));
  run_sql(dir / "h.db", "DELETE FROM events");
  REQUIRE(log->append(std::span(entries).subspan(2)));
  CHECK(payloads_of(*log) == std::vector<std::string>{R"({"n":2})", R"({"n":3})", R"({"n":4})"});
  CHECK(records_of(*log).back().seq == 2);
}

TEST_CASE("a log of the original opens, and gets the table of our own", "[store][sqlite][own]") {
  const TempDir dir;
  run_sql(dir / "h.db",
          log_table_sql() + "INSERT INTO events (ts, kind, payload) VALUES (1, 'chat', '{}');");
  const auto log = open_store(dir / "h.db");
  CHECK(payloads_of(*log).size() == 1);
  CHECK(ask_sql(dir / "h.db", "SELECT COUNT(*) FROM synapse_events") == "0");
  store::Entry ours = numbered(1, 1, Durability::synced).front();
  ours.table = store::Table::synapse_events;
  REQUIRE(log->append(std::vector{ours}));
  CHECK(ask_sql(dir / "h.db", "SELECT COUNT(*) FROM events") == "1");
}

TEST_CASE("a table of our own of another shape is refused, with its name", "[store][sqlite][own]") {
  const TempDir dir;
  run_sql(dir / "h.db", log_table_sql() + "CREATE TABLE synapse_events (what TEXT);");
  const auto log = store::SqliteStore::open(dir / "h.db");
  REQUIRE_FALSE(log);
  CHECK(log.error().code == ErrorCode::corrupt);
  CHECK_THAT(log.error().message, Catch::Contains("its table 'synapse_events' has another shape"));
}

TEST_CASE("a log that was closed is one file, and opens again with all in it", "[store][sqlite]") {
  const TempDir dir;
  {
    const auto log = open_store(dir / "h.db");
    REQUIRE(log->append(numbered(1, 3, Durability::written)));
    REQUIRE(log->close());
    REQUIRE(log->close());
    CHECK(log->append(numbered(4, 1, Durability::synced)).error().code == ErrorCode::closed);
    CHECK_FALSE(log->read([](const store::RecordView&) { return true; }));
  }
  CHECK_FALSE(std::filesystem::exists(dir / "h.db-wal"));
  const auto log = open_store(dir / "h.db");
  CHECK(payloads_of(*log).size() == 3);
  REQUIRE(log->append(numbered(4, 1, Durability::synced)));
  CHECK(records_of(*log).back().seq == 4);
}

TEST_CASE("the table is the original's, letter by letter", "[store][sqlite]") {
  const TempDir dir;
  open_store(dir / "h.db");
  std::string expected = log_table_sql();
  expected.pop_back();
  CHECK(ask_sql(dir / "h.db", "SELECT sql FROM sqlite_master WHERE name = 'events'") == expected);
  CHECK(ask_sql(dir / "h.db", "PRAGMA journal_mode") == "wal");
}

TEST_CASE("the files of a log are their owner's alone, whatever the umask", "[store][sqlite]") {
  const TempDir dir;
  for (const mode_t mask : {mode_t{0}, mode_t{0277}}) {
    const Umask umask(mask);
    const std::filesystem::path folder = dir / ("mask" + std::to_string(mask)) / "deep";
    const auto log = open_store(folder / "h.db");
    REQUIRE(log->append(numbered(1, 1, Durability::synced)));
    CHECK(mode_of(folder / "h.db") == 0600);
    CHECK(mode_of(folder / "h.db-wal") == 0600);
    CHECK(mode_of(folder / "h.db-shm") == 0600);
    CHECK(mode_of(folder) == 0700);
    CHECK(mode_of(folder.parent_path()) == 0700);
  }
}

TEST_CASE("a log that others could read is theirs no more once it is opened", "[store][sqlite]") {
  const TempDir dir;
  run_sql(dir / "h.db", log_table_sql());
  REQUIRE(chmod((dir / "h.db").c_str(), 0644) == 0);
  open_store(dir / "h.db");
  CHECK(mode_of(dir / "h.db") == 0600);
}

TEST_CASE("a folder is no log", "[store][sqlite]") {
  const TempDir dir;
  const Error why = refusal(dir.path());
  CHECK(why.code == ErrorCode::io_error);
  CHECK(why.message == base::quoted_path(dir.path()) + " is a folder, not a file");
}

TEST_CASE("a pipe is no log", "[store][sqlite]") {
  const TempDir dir;
  REQUIRE(mkfifo((dir / "pipe").c_str(), 0600) == 0);
  CHECK(refusal(dir / "pipe").message ==
        base::quoted_path(dir / "pipe") + " is not a regular file");
}

TEST_CASE("a text file is no log, and stays as it is", "[store][sqlite]") {
  const TempDir dir;
  const std::string text(5000, 'x');
  write_text(dir / "notes.txt", text);
  const Error why = refusal(dir / "notes.txt");
  CHECK(why.code == ErrorCode::corrupt);
  CHECK(why.message == base::quoted_path(dir / "notes.txt") + " is not a SQLite database");
  CHECK(std::filesystem::file_size(dir / "notes.txt") == text.size());
}

TEST_CASE("another program's database is no log, and gets no table", "[store][sqlite]") {
  const TempDir dir;
  run_sql(dir / "other.db", "CREATE TABLE bookmarks (url TEXT)");
  const Error why = refusal(dir / "other.db");
  CHECK(why.code == ErrorCode::corrupt);
  CHECK_THAT(why.message, Catch::Contains("another program's database"));
  CHECK(ask_sql(dir / "other.db", "SELECT count(*) FROM sqlite_master") == "1");
}

TEST_CASE("a table named events of another shape is no log", "[store][sqlite]") {
  const std::string shape = GENERATE(
      "CREATE TABLE events (seq INTEGER PRIMARY KEY, ts REAL, kind TEXT, payload TEXT)",
      "CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL, kind TEXT)",
      "CREATE TABLE Events (seq INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL, kind TEXT, payload "
      "TEXT, more TEXT)",
      "CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, seq INTEGER, ts REAL, kind TEXT, "
      "payload TEXT)",
      "CREATE VIEW events AS SELECT 1 AS seq, 2 AS ts, 3 AS kind, 'autoincrement' AS payload");
  const TempDir dir;
  run_sql(dir / "h.db", shape);
  INFO(shape);
  const Error why = refusal(dir / "h.db");
  CHECK(why.code == ErrorCode::corrupt);
  CHECK_THAT(why.message, Catch::Contains("is no Synapse event log"));
}

TEST_CASE("tables of its own beside the log are no obstacle", "[store][sqlite]") {
  const TempDir dir;
  run_sql(dir / "h.db",
          "CREATE TABLE a (x); " + log_table_sql() + "CREATE INDEX i ON events (kind)");
  CHECK(payloads_of(*open_store(dir / "h.db")).empty());
}

TEST_CASE("a trigger that somebody has put into a log does nothing when a hub writes",
          "[store][sqlite]") {
  const TempDir dir;
  run_sql(
      dir / "h.db",
      log_table_sql() + "CREATE TRIGGER t AFTER INSERT ON events BEGIN DELETE FROM events; END");
  const auto log = open_store(dir / "h.db");
  REQUIRE(log->append(numbered(1, 2, Durability::synced)));
  CHECK(payloads_of(*log).size() == 2);
}

TEST_CASE("without permission, opening says so", "[store][sqlite]") {
  const TempDir dir;
  std::filesystem::permissions(dir.path(), std::filesystem::perms(0755));
  run_sql(dir / "read-only.db", log_table_sql());
  std::filesystem::permissions(dir / "read-only.db", std::filesystem::perms(0444));
  std::filesystem::create_directory(dir / "closed");
  std::filesystem::permissions(dir / "closed", std::filesystem::perms(0555));

  // Root may do everything, so in a process that is nobody.
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(2);
    std::string said;
    for (const char* name : {"read-only.db", "closed/h.db", "closed/deep/h.db"}) {
      auto opened = SqliteStore::open(dir / name);
      said += opened ? "opened\n" : opened.error().message + "\n";
    }
    const ssize_t written = write(ends[1], said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 3);
  }
  close(ends[1]);
  const Fd reading(ends[0]);
  std::string said(4096, '\0');
  const ssize_t length = read(reading.get(), said.data(), said.size());
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
  said.resize(static_cast<std::size_t>(std::max<ssize_t>(length, 0)));
  CHECK_THAT(said, Catch::Contains("read-only.db' can't be written: no permission"));
  CHECK_THAT(said, Catch::Contains("closed/h.db' can't be made: Permission denied"));
  CHECK_THAT(said, Catch::Contains("closed/deep' can't be made: Permission denied"));
}

TEST_CASE("an append that waited long enough fails, and all after it", "[store][sqlite]") {
  const TempDir dir;
  store::SqliteOptions impatient;
  impatient.busy_timeout = std::chrono::milliseconds(1);
  impatient.busy_tries = 3;
  auto log = SqliteStore::open(dir / "h.db", impatient);
  REQUIRE(log);
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((dir / "h.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const Result<> refused = (*log)->append(numbered(1, 1, Durability::synced));
  sqlite3_close(other);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::locked);
  const Result<> later = (*log)->append(numbered(2, 1, Durability::synced));
  REQUIRE_FALSE(later);
  CHECK(later.error().message == refused.error().message);
  CHECK(payloads_of(**log).empty());
}

TEST_CASE("a process killed at any instant loses nothing that it had acknowledged",
          "[store][sqlite][crash]") {
  const TempDir dir;
  int stored = 0;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    REQUIRE(pipe(ends) == 0);
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      close(ends[0]);
      auto log = SqliteStore::open(dir / "h.db");
      if (!log) _exit(2);
      for (int n = stored;; ++n) {
        const auto durability = n % 3 == 0 ? Durability::synced : Durability::written;
        if (!(*log)->append(numbered(n * 2, 2, durability))) _exit(3);
        if (write(ends[1], &n, sizeof n) != sizeof n) _exit(4);
      }
    }
    close(ends[1]);
    const Fd acknowledgements(ends[0]);
    int last = -1;
    for (int i = 0; i < 3 + round * 5; ++i) {
      REQUIRE(read(acknowledgements.get(), &last, sizeof last) == sizeof last);
    }
    kill(child, SIGKILL);
    REQUIRE(waitpid(child, nullptr, 0) == child);
    while (read(acknowledgements.get(), &last, sizeof last) == sizeof last) {
    }
    const std::vector<std::string> payloads = payloads_of(*open_store(dir / "h.db"));
    INFO("round " << round << ", acknowledged up to " << last);
    // All of it, whole transactions, nothing twice: at most the one append that was under way is
    // there too.
    REQUIRE(payloads.size() >= static_cast<std::size_t>(last + 1) * 2);
    REQUIRE(payloads.size() <= static_cast<std::size_t>(last + 2) * 2);
    REQUIRE(payloads.size() % 2 == 0);
    for (std::size_t n = 0; n < payloads.size(); ++n) {
      REQUIRE(payloads[n] == "{\"n\":" + std::to_string(n) + "}");
    }
    stored = static_cast<int>(payloads.size()) / 2;
  }
}
