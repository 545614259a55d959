// SPDX-License-Identifier: AGPL-3.0-or-later
// One SQLite connection and its statements, with our errors: what the store, the log reader and the
// compaction stand on. A connection is used by one thread at a time.
//
// Errors: a full disk is disk_full, failing reads and writes are io_error, a file that is damaged
// or no database is corrupt, somebody else's lock is locked, the rest io_error. Their text names
// the file, and says what to do where only people can do something.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace synapse::store {

// How long one try waits for somebody else's transaction.
inline constexpr std::chrono::milliseconds default_busy_timeout{5000};

class Statement {
 public:
  // Values count from 1, columns from 0. Text must live until reset().
  void bind(int place, std::int64_t value);
  void bind(int place, double value);
  void bind(int place, std::string_view text);

  // SQLITE_ROW, SQLITE_DONE or an error's code, as SQLite has them.
  [[nodiscard]] int step() { return sqlite3_step(statement_.get()); }
  void reset() { sqlite3_reset(statement_.get()); }
  // What the column holds, turned into that type; whatever it is, there is a value.
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double number(int column) const;  // Finite.
  [[nodiscard]] std::string_view text(int column) const;

 private:
  friend class Database;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  // SQLITE_OPEN_… flags. A null vfs is the system's own.
  [[nodiscard]] static Result<Database> open(const std::filesystem::path& file, int flags,
                                             const char* vfs);
  // For reading a log that nobody writes to meanwhile, without writing a byte or taking a lock:
  // where the disk is full, or everything is read-only. Its -wal is read as well.
  [[nodiscard]] static Result<Database> open_frozen(const std::filesystem::path& file);

  [[nodiscard]] Result<> run(const char* sql);
  [[nodiscard]] Result<Statement> prepare(const std::string& sql);
  // Steps to the end, and makes it ready for the next run.
  [[nodiscard]] Result<> run(Statement& statement);

  void set_busy_timeout(std::chrono::milliseconds timeout);
  // BEGIN IMMEDIATE, waiting at most `tries` busy timeouts for others' transactions, and at most
  // two once `hurry` is set.
  [[nodiscard]] Result<> begin(int tries, const std::atomic<bool>* hurry = nullptr);
  [[nodiscard]] Result<> commit() { return run("COMMIT"); }
  // Ends a transaction that failed, if there is one.
  void roll_back();
  // Moves the WAL into the file and empties it, if no reader is in the way.
  [[nodiscard]] Result<> empty_wal();
  // Syncs the WAL as it is, whoever wrote it.
  [[nodiscard]] Result<> sync_wal();

  [[nodiscard]] Error error(int code) const;
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  [[nodiscard]] Result<> open(const std::string& name, int flags, const char* vfs);

  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
  };
  std::string file_;
  std::unique_ptr<sqlite3, Close> handle_;
};

}  // namespace synapse::store
