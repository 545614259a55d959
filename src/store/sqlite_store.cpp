// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/sqlite_store.hpp"

#include <algorithm>

#include "base/file_error.hpp"
#include "store/log_files.hpp"
#include "store/log_schema.hpp"

namespace synapse::store {

namespace {

constexpr int wal_pages = 4096;  // Of 4 KiB.

Result<> use_wal(Database& database) {
  Result<Statement> mode = database.prepare("PRAGMA journal_mode=WAL");
  if (!mode) return mode.error();
  const int code = mode->step();
  if (code != SQLITE_ROW) return database.error(code);
  if (mode->text(0) == "wal") return {};
  return fail(ErrorCode::io_error,
              base::quoted_path(database.file()) +
                  " can't have a write-ahead log: its file system lacks shared memory");
}

}  // namespace

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& named,
                                                       const SqliteOptions& options) {
  const std::filesystem::path file = real_path(named);
  if (Result<> made = make_folder_of(file); !made) return made.error();
  if (Result<> made = make_private_log(file); !made) return made.error();
  Result<Database> database = Database::open(file, SQLITE_OPEN_READWRITE, options.vfs);
  if (!database) return database.error();
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(*database), options));
  if (Result<> ready = store->set_up(); !ready) return ready.error();
  for (const char* suffix : {"-wal", "-shm"}) make_private(companion(file, suffix));
  return store;
}

SqliteStore::SqliteStore(Database database, const SqliteOptions& options)
    : database_(std::move(database)), options_(options) {}

Result<> SqliteStore::set_up() {
  database_.set_busy_timeout(options_.busy_timeout);
  const Result<LogTable> table = find_log_table(database_);
  if (!table) return table.error();
  if (sqlite3_db_readonly(database_.handle(), "main") == 1) {
    return database_.error(SQLITE_READONLY);
  }
  if (Result<> wal = use_wal(database_); !wal) return wal;
  sqlite3_wal_autocheckpoint(database_.handle(), wal_pages);
  // After a reader or a compaction made it large, it shrinks again.
  if (Result<> limit = database_.run("PRAGMA journal_size_limit=67108864"); !limit) return limit;
  if (Result<> sync = set_sync(core::Durability::synced); !sync) return sync;
  if (Result<> made = database_.run(create_log_table); !made) return made;
  Result<Statement> insert =
      database_.prepare("INSERT INTO events (ts, kind, payload) VALUES (?, ?, ?)");
  if (!insert) return insert.error();
  insert_ = std::move(*insert);
  Result<Statement> select =
      database_.prepare("SELECT seq, ts, kind, payload FROM events WHERE seq > ? ORDER BY seq");
  if (!select) return select.error();
  select_ = std::move(*select);
  return database_.sync_wal();
}

Result<> SqliteStore::append(std::span<const Entry> entries) {
  if (error_) return *error_;
  if (entries.empty()) return {};
  Result<> done = write(entries);
  if (!done) {
    error_ = done.error();
    database_.roll_back();
    // A commit that failed while it was synced may stand in the WAL, whole: nobody sees it now, but
    // recovery after a crash would. Emptying the WAL is the way to be rid of it, if the disk still
    // lets us.
    database_.set_busy_timeout(std::chrono::milliseconds(0));
    static_cast<void>(database_.empty_wal());
    database_.set_busy_timeout(options_.busy_timeout);
  }
  return done;
}

Result<> SqliteStore::write(std::span<const Entry> entries) {
  const bool synced = std::any_of(entries.begin(), entries.end(), [](const Entry& entry) {
    return entry.durability == core::Durability::synced;
  });
  if (Result<> sync = set_sync(synced ? core::Durability::synced : core::Durability::written);
      !sync) {
    return sync;
  }
  if (Result<> begun = database_.begin(options_.busy_tries); !begun) return begun;
  for (const Entry& entry : entries) {
    insert_.bind(1, entry.ts);
    insert_.bind(2, std::string_view(entry.kind));
    insert_.bind(3, std::string_view(entry.payload));
    if (Result<> inserted = database_.run(insert_); !inserted) return inserted;
  }
  return database_.commit();
}

Result<> SqliteStore::set_sync(core::Durability durability) {
  if (sync_ == durability) return {};
  sync_ = durability;
  return database_.run(durability == core::Durability::synced ? "PRAGMA synchronous=FULL"
                                                              : "PRAGMA synchronous=NORMAL");
}

Result<> SqliteStore::read(std::int64_t after, const std::function<bool(const RecordView&)>& sink) {
  if (database_.handle() == nullptr) return *error_;
  select_.bind(1, after);
  int code = SQLITE_ROW;
  while ((code = select_.step()) == SQLITE_ROW) {
    if (!sink(record_of(select_))) break;
  }
  Result<> done;
  if (code != SQLITE_ROW && code != SQLITE_DONE) done = database_.error(code);
  select_.reset();
  return done;
}

Result<> SqliteStore::close() {
  if (database_.handle() == nullptr) return {};
  database_.set_busy_timeout(std::chrono::milliseconds(100));
  Result<> emptied = database_.empty_wal();
  // A reader is in the way: then it empties the WAL, being the last one out.
  if (!emptied && emptied.error().code == ErrorCode::locked) emptied = {};
  insert_ = Statement();
  select_ = Statement();
  database_ = Database();
  error_ = fail(ErrorCode::closed, "the log is closed");
  return emptied;
}

}  // namespace synapse::store
