// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/sqlite_database.hpp"

#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <system_error>

#include "base/file.hpp"

namespace synapse::store {

namespace {

bool is_on_read_only_system(const std::string& file) {
  struct statvfs status {};
  return statvfs(file.c_str(), &status) == 0 && (status.f_flag & ST_RDONLY) != 0;
}

ErrorCode code_of(int code, int system_error) {
  if (system_error == ENOSPC || system_error == EDQUOT) return ErrorCode::disk_full;
  // The index of the WAL, a file of 32 KiB, could not be made that long.
  if (code == SQLITE_IOERR_SHMSIZE) return ErrorCode::disk_full;
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return ErrorCode::disk_full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::corrupt;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::locked;
    default:
      return ErrorCode::io_error;
  }
}

}  // namespace

void Statement::bind(int place, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), place, value);
}

void Statement::bind(int place, double value) {
  sqlite3_bind_double(statement_.get(), place, value);
}

void Statement::bind(int place, std::string_view text) {
  sqlite3_bind_text64(statement_.get(), place, text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::number(int column) const {
  const double number = sqlite3_column_double(statement_.get(), column);
  return std::isfinite(number) ? number : 0;
}

std::string_view Statement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  if (text == nullptr) return {};
  const int length = sqlite3_column_bytes(statement_.get(), column);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)};
}

Result<Database> Database::open(const std::filesystem::path& file, int flags, const char* vfs) {
  Database database;
  // Absolute, so that no name has a meaning of its own to SQLite, as `:memory:` has.
  std::error_code ignored;
  database.file_ = std::filesystem::absolute(file, ignored).string();
  if (Result<> opened = database.open(database.file_, flags, vfs); !opened) return opened.error();
  return database;
}

Result<Database> Database::open_frozen(const std::filesystem::path& file) {
  Database database;
  std::error_code ignored;
  database.file_ = std::filesystem::absolute(file, ignored).string();
  std::string uri = "file:";
  for (const char c : database.file_) {
    // What would end the path in a URI.
    uri += c == '?' ? "%3f" : c == '#' ? "%23" : c == '%' ? "%25" : std::string(1, c);
  }
  // Of an immutable file SQLite reads no WAL, but it would make one where there is none.
  if (!std::filesystem::exists(database.file_ + "-wal", ignored)) uri += "?immutable=1";
  // This VFS takes no locks, which on a read-only file system can't be had. In exclusive mode
  // SQLite keeps the index of the WAL in memory, and makes no FILE-shm.
  constexpr int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  if (Result<> opened = database.open(uri, flags, "unix-none"); !opened) return opened.error();
  if (Result<> mode = database.run("PRAGMA locking_mode=EXCLUSIVE"); !mode) return mode.error();
  sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return database;
}

Result<> Database::open(const std::string& name, int flags, const char* vfs) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  handle_.reset(handle);
  if (code != SQLITE_OK) return error(code);
  // A log has none; what somebody has put into one must not act when a hub writes to it.
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  return {};
}

Result<> Database::run(const char* sql) {
  const int code = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<Statement> Database::prepare(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.c_str(), static_cast<int>(sql.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return error(code);
  Statement statement;
  statement.statement_.reset(raw);
  return statement;
}

Result<> Database::run(Statement& statement) {
  int code = SQLITE_ROW;
  while (code == SQLITE_ROW) code = statement.step();
  Result<> done;
  if (code != SQLITE_DONE) done = error(code);
  statement.reset();
  return done;
}

void Database::set_busy_timeout(std::chrono::milliseconds timeout) {
  sqlite3_busy_timeout(handle(), static_cast<int>(timeout.count()));
}

Result<> Database::begin(int tries, const std::atomic<bool>* hurry) {
  constexpr int tries_in_a_hurry = 2;
  for (;;) {
    const bool is_hurried = hurry != nullptr && hurry->load(std::memory_order_relaxed);
    if (is_hurried) tries = std::min(tries, tries_in_a_hurry);
    const int code = sqlite3_exec(handle(), "BEGIN IMMEDIATE", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    if ((code & 0xFF) != SQLITE_BUSY || --tries <= 0) return error(code);
  }
}

void Database::roll_back() {
  if (sqlite3_get_autocommit(handle()) == 0) {
    sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

Result<> Database::empty_wal() {
  const int code =
      sqlite3_wal_checkpoint_v2(handle(), nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  if (code != SQLITE_OK) return error(code);
  return {};
}

Result<> Database::sync_wal() {
  sqlite3_file* wal = nullptr;
  int code = sqlite3_file_control(handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  // Without methods it is not open: there is no WAL.
  if (code == SQLITE_OK && wal != nullptr && wal->pMethods != nullptr) {
    code = wal->pMethods->xSync(wal, SQLITE_SYNC_NORMAL);
  }
  if (code != SQLITE_OK) return error(code);
  return {};
}

Error Database::error(int code) const {
  // SQLite's own text and the system's number belong to the call that failed last, which need not
  // be this one.
  const bool ours_failed = handle_ != nullptr && sqlite3_errcode(handle()) == (code & 0xFF);
  const bool is_io = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  const int system_error = ours_failed && is_io ? sqlite3_system_errno(handle()) : 0;
  const ErrorCode ours = code_of(code, system_error);
  const std::string name = base::quoted_path(file_);
  if (ours == ErrorCode::disk_full) return {ours, name + " can't grow: the disk is full"};
  switch (code & 0xFF) {
    case SQLITE_NOTADB:
      return {ours, name + " is not a SQLite database"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ours, name + " is locked by another program"};
    case SQLITE_READONLY:
      return {ours, name + " can't be written: no permission, or a read-only file system"};
    case SQLITE_CORRUPT:
      return {ours, name + " is damaged (" + sqlite3_errstr(code) +
                        "); put a backup in its place, or save what can be read: sqlite3 " + name +
                        " .recover | sqlite3 new.db"};
    default:
      break;
  }
  if (is_io && is_on_read_only_system(file_)) {
    return {ours, name + " can't be written: it is on a read-only file system"};
  }
  std::string text = name + ": " + (ours_failed ? sqlite3_errmsg(handle()) : sqlite3_errstr(code));
  if (system_error != 0) text += ", " + std::generic_category().message(system_error);
  return {ours, text + " (SQLite error " + std::to_string(code) + ")"};
}

}  // namespace synapse::store
