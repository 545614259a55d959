// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/sqlite_database.hpp"

#include <algorithm>
#include <cmath>

#include "base/file.hpp"

namespace synapse::store {

namespace {

ErrorCode code_of(int code) {
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

Result<Database> Database::open_immutable(const std::filesystem::path& file) {
  Database database;
  std::error_code ignored;
  database.file_ = std::filesystem::absolute(file, ignored).string();
  std::string uri = "file:";
  for (const char c : database.file_) {
    // What would end the path in a URI.
    uri += c == '?' ? "%3f" : c == '#' ? "%23" : c == '%' ? "%25" : std::string(1, c);
  }
  uri += "?immutable=1";
  if (Result<> opened = database.open(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
      !opened) {
    return opened.error();
  }
  return database;
}

Result<> Database::open(const std::string& name, int flags, const char* vfs) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(name.c_str(), &handle,
                                   flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  handle_.reset(handle);
  if (code != SQLITE_OK) return error(code);
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
  const ErrorCode ours = code_of(code);
  const std::string name = base::quoted_path(file_);
  switch (code & 0xFF) {
    case SQLITE_NOTADB:
      return {ours, name + " is not a SQLite database"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ours, name + " is locked by another program"};
    case SQLITE_READONLY:
      return {ours, name + " can't be written: no permission, or a read-only file system"};
    case SQLITE_FULL:
      return {ours, name + " can't grow: the disk is full"};
    default:
      break;
  }
  std::string text = name + ": ";
  // SQLite's own text belongs to the call that failed last, which need not be this one.
  const bool ours_failed = handle_ != nullptr && sqlite3_errcode(handle()) == (code & 0xFF);
  text += ours_failed ? sqlite3_errmsg(handle()) : sqlite3_errstr(code);
  return {ours, text + " (SQLite error " + std::to_string(code) + ")"};
}

}  // namespace synapse::store
