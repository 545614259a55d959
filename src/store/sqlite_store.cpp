// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/sqlite_store.hpp"

#include <algorithm>

#include "base/file.hpp"
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
  store->watch_ = LogWatch(file);
  return store;
}

SqliteStore::SqliteStore(Database database, const SqliteOptions& options)
    : database_(std::move(database)), options_(options) {}

Result<> SqliteStore::set_up() {
  database_.set_busy_timeout(std::max(default_busy_timeout, options_.busy_timeout));
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
  if (const Result<LogTable> own = find_own_table(database_); !own) return own.error();
  if (Result<> made = database_.run(create_own_table); !made) return made;
  if (Result<> prepared = prepare(); !prepared) return prepared;
  database_.set_busy_timeout(options_.busy_timeout);
  return database_.sync_wal();
}

Result<> SqliteStore::prepare() {
  struct Prepared {
    Statement& statement;
    const char* sql;
  };
  for (const Prepared& one :
       {Prepared{insert_, insert_event}, Prepared{insert_own_, insert_own_event},
        Prepared{select_, "SELECT seq, ts, kind, payload FROM events ORDER BY seq"},
        Prepared{select_own_,
                 "SELECT after_seq, ts, kind, payload FROM synapse_events ORDER BY id"}}) {
    Result<Statement> prepared = database_.prepare(one.sql);
    if (!prepared) return prepared.error();
    one.statement = std::move(*prepared);
  }
  return {};
}

Result<> SqliteStore::check() {
  if (error_) return *error_;
  Result<> there = watch_.check();
  if (!there) error_ = there.error();
  return there;
}

Result<> SqliteStore::append(std::span<const Entry> entries) {
  if (Result<> sound = check(); !sound || entries.empty()) return sound;
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
  if (Result<> begun = database_.begin(options_.busy_tries, &is_hurried_); !begun) return begun;
  for (const Entry& entry : entries) {
    if (entry.table == Table::synapse_cluster) {
      put_note_.bind(1, std::string_view(entry.kind));
      put_note_.bind(2, std::string_view(entry.payload));
      if (Result<> put = database_.run(put_note_); !put) return put;
      continue;
    }
    Statement& insert = entry.table == Table::events ? insert_ : insert_own_;
    insert.bind(1, entry.ts);
    insert.bind(2, std::string_view(entry.kind));
    insert.bind(3, std::string_view(entry.payload));
    if (Result<> inserted = database_.run(insert); !inserted) return inserted;
  }
  return database_.commit();
}

Result<> SqliteStore::set_sync(core::Durability durability) {
  if (sync_ == durability) return {};
  sync_ = durability;
  return database_.run(durability == core::Durability::synced ? "PRAGMA synchronous=FULL"
                                                              : "PRAGMA synchronous=NORMAL");
}

Result<> SqliteStore::read(const std::function<bool(const RecordView&)>& sink) {
  if (database_.handle() == nullptr) return *error_;
  // Both tables as they are at one moment.
  if (Result<> begun = database_.run("BEGIN"); !begun) return begun;
  Result<> done = merge(sink);
  select_.reset();
  select_own_.reset();
  Result<> ended = database_.commit();
  return done ? ended : done;
}

Result<> SqliteStore::merge(const std::function<bool(const RecordView&)>& sink) {
  int code = select_.step();
  int own_code = select_own_.step();
  for (;;) {
    for (const int one : {code, own_code}) {
      if (one != SQLITE_ROW && one != SQLITE_DONE) return database_.error(one);
    }
    if (code == SQLITE_DONE && own_code == SQLITE_DONE) return {};
    const bool is_own = own_code == SQLITE_ROW &&
                        (code == SQLITE_DONE || select_own_.integer(0) < select_.integer(0));
    if (is_own) {
      if (!sink(record_of(select_own_, Table::synapse_events))) return {};
      own_code = select_own_.step();
    } else {
      if (!sink(record_of(select_))) return {};
      code = select_.step();
    }
  }
}

Result<bool> SqliteStore::has_notes() {
  Result<Statement> select =
      database_.prepare("SELECT 1 FROM sqlite_master WHERE name = 'synapse_cluster'");
  if (!select) return select.error();
  const int code = select->step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return database_.error(code);
  return code == SQLITE_ROW;
}

Result<> SqliteStore::keep_notes() {
  if (Result<> made = database_.run(create_cluster_table); !made) return made;
  Result<Statement> prepared = database_.prepare(put_cluster_note);
  if (!prepared) return prepared.error();
  put_note_ = std::move(*prepared);
  return {};
}

Result<std::optional<std::string>> SqliteStore::note(std::string_view name) {
  Result<Statement> select = database_.prepare("SELECT value FROM synapse_cluster WHERE name = ?");
  if (!select) return select.error();
  select->bind(1, name);
  const int code = select->step();
  if (code == SQLITE_ROW) return std::optional(std::string(select->text(0)));
  if (code != SQLITE_DONE) return database_.error(code);
  return std::optional<std::string>();
}

Result<bool> SqliteStore::is_empty() {
  bool is_empty = true;
  const Result<> done = read([&is_empty](const RecordView&) { return is_empty = false; });
  if (!done) return done.error();
  return is_empty;
}

Result<> SqliteStore::close() {
  if (database_.handle() == nullptr) return {};
  database_.set_busy_timeout(std::chrono::milliseconds(100));
  Result<> emptied = database_.empty_wal();
  // A reader is in the way: then it empties the WAL, being the last one out.
  if (!emptied && emptied.error().code == ErrorCode::locked) emptied = {};
  for (Statement* one : {&insert_, &insert_own_, &select_, &select_own_, &put_note_}) {
    *one = Statement();
  }
  database_ = Database();
  error_ = fail(ErrorCode::closed, "the log is closed");
  return emptied;
}

}  // namespace synapse::store
