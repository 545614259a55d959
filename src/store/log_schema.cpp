// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/log_schema.hpp"

#include <map>

#include "base/file.hpp"
#include "base/strings.hpp"

namespace synapse::store {

namespace {

// The columns by name, each with whether it is the row's own number.
using Columns = std::map<std::string, bool, std::less<>>;

Result<Columns> columns_of(Database& database, const std::string& table) {
  Result<Statement> columns = database.prepare("PRAGMA table_info(" + table + ")");
  if (!columns) return columns.error();
  Columns found;
  int code = SQLITE_ROW;
  while ((code = columns->step()) == SQLITE_ROW) {
    const bool is_key = columns->integer(5) == 1 && base::to_lower(columns->text(2)) == "integer";
    found.emplace(columns->text(1), is_key);
  }
  if (code != SQLITE_DONE) return database.error(code);
  return found;
}

Error of_another_shape(const Database& database, const char* table) {
  return fail(ErrorCode::corrupt, base::quoted_path(database.file()) +
                                      " is no Synapse event log: its table '" + table +
                                      "' has another shape");
}

}  // namespace

Result<LogTable> find_log_table(Database& database) {
  Result<Statement> schema = database.prepare(
      "SELECT lower(name), type, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!' "
      "ORDER BY lower(name) = 'events' DESC LIMIT 1");
  if (!schema) return schema.error();
  const int code = schema->step();
  if (code == SQLITE_DONE) return LogTable::missing;
  if (code != SQLITE_ROW) return database.error(code);
  if (schema->text(0) != "events") {
    return fail(ErrorCode::corrupt,
                base::quoted_path(database.file()) +
                    " is another program's database: it has tables, but no table 'events'");
  }
  // Without AUTOINCREMENT a number that compaction freed at the end would be given again.
  const bool counts_on = base::to_lower(schema->text(2)).find("autoincrement") != std::string::npos;
  const bool is_table = schema->text(1) == "table";
  schema->reset();
  const Result<Columns> columns = columns_of(database, "events");
  if (!columns) return columns.error();
  const Columns expected{{"seq", true}, {"ts", false}, {"kind", false}, {"payload", false}};
  if (!is_table || !counts_on || *columns != expected) return of_another_shape(database, "events");
  return LogTable::present;
}

Result<LogTable> find_own_table(Database& database) {
  const Result<Columns> columns = columns_of(database, "synapse_events");
  if (!columns) return columns.error();
  if (columns->empty()) return LogTable::missing;
  const Columns expected{
      {"id", true}, {"after_seq", false}, {"ts", false}, {"kind", false}, {"payload", false}};
  if (*columns != expected) return of_another_shape(database, "synapse_events");
  return LogTable::present;
}

RecordView record_of(const Statement& row, Table table) {
  return {row.integer(0), row.number(1), row.text(2), row.text(3), table};
}

}  // namespace synapse::store
