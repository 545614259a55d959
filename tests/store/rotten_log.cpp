// SPDX-License-Identifier: AGPL-3.0-or-later
#include "rotten_log.hpp"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>

namespace synapse::test {

namespace {

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close(db); }
};

std::unique_ptr<sqlite3, Close> open(const std::filesystem::path& file) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open(file.c_str(), &handle);
  std::unique_ptr<sqlite3, Close> db(handle);
  if (code != SQLITE_OK) throw std::runtime_error(sqlite3_errstr(code));
  sqlite3_busy_timeout(handle, 20000);
  return db;
}

}  // namespace

void run_sql(const std::filesystem::path& file, const std::string& sql) {
  const auto db = open(file);
  if (sqlite3_exec(db.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string(sqlite3_errmsg(db.get())) + " in " + sql);
  }
}

std::string ask_sql(const std::filesystem::path& file, const std::string& sql) {
  const auto db = open(file);
  std::string answer;
  const auto take = [](void* out, int, char** values, char**) {
    if (values[0] != nullptr) *static_cast<std::string*>(out) = values[0];
    return 0;
  };
  if (sqlite3_exec(db.get(), sql.c_str(), take, &answer, nullptr) != SQLITE_OK) {
    throw std::runtime_error(std::string(sqlite3_errmsg(db.get())) + " in " + sql);
  }
  return answer;
}

std::string log_table_sql() {
  return "CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL NOT NULL, kind TEXT "
         "NOT NULL, payload TEXT NOT NULL);";
}

std::vector<std::string> undecodable_rows() {
  const auto row = [](const std::string& values) {
    return "INSERT INTO events (ts, kind, payload) VALUES (" + values + ");";
  };
  return {
      row("1.0, 'claim', ''"),
      row("1.0, 'claim', 'no json'"),
      row("1.0, 'claim', '[]'"),
      row("1.0, 'claim', '{}'"),
      row("1.0, 'claim', x'00ff8000'"),
      row("1.0, 'claim', 42"),
      row("1.0, 'claim', 1.5e300"),
      row("x'0102', 'release', '{\"task_id\":\"  \"}'"),
      row("'not a time', 'release', '{\"task_id\":7}'"),
      row("9e999, 'release', 'null'"),
      row("1.0, 'chat', '{\"msg_id\":-1}'"),
      row("1.0, 'chat', '{\"msg_id\":1e300}'"),
      row("1.0, 'chat', '\"text\"'"),
      row("1.0, 'chat', CAST(x'7b2261223a22ff227d' AS TEXT)"),
      row("1.0, 'ledger_task', '{\"task_id\":\"P\"}'"),
      row("1.0, 'ledger_progress', '{\"posted_at\":\"now\"}'"),
      row("1.0, 'resource', '{\"agent\":\"A\",\"kind\":\"k\",\"name\":\"n\",\"capacity\":0,"
          "\"offered_at\":1}'"),
      row("1.0, 'idempotency', '{\"key\":\"\",\"response\":{}}'"),
      row("1.0, 'idempotency', '{\"key\":\"k\",\"response\":[]}'"),
      row("1.0, 'finding', '{\"statement\":\"s\"}'"),
      row("1.0, 'recall', '{\"returned_claim_ids\":{}}'"),
      row("1.0, 'lease_expired', '{}'"),
      row("1.0, 'handoff', replace(hex(zeroblob(5000)), '0', '[')"),
      "INSERT INTO events (seq, ts, kind, payload) VALUES (-5, 1.0, 'task_update', '{}');",
  };
}

std::vector<std::string> unknown_rows() {
  return {
      "INSERT INTO events (ts, kind, payload) VALUES (1.0, 'from the future', '{}');",
      "INSERT INTO events (ts, kind, payload) VALUES (1.0, '', '');",
      "INSERT INTO events (ts, kind, payload) VALUES (1.0, 17, x'00');",
      "INSERT INTO events (ts, kind, payload) VALUES (1.0, x'ff00', 'x');",
      "INSERT INTO events (seq, ts, kind, payload) VALUES (-9, 1.0, 'CLAIM', '{}');",
  };
}

}  // namespace synapse::test
