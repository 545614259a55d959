// SPDX-License-Identifier: AGPL-3.0-or-later
// The table `events`: the event log inside its SQLite file.
#pragma once

#include "store/event_store.hpp"
#include "store/sqlite_database.hpp"

namespace synapse::store {

// The same in every program that writes the log, down to the name of each column; never altered.
inline constexpr const char* create_log_table =
    "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL NOT NULL, "
    "kind TEXT NOT NULL, payload TEXT NOT NULL)";

enum class LogTable { missing, present };

// Looks for the table. Missing means an empty database: one with other tables is some other
// program's, and an error, as is a table `events` of another shape.
[[nodiscard]] Result<LogTable> find_log_table(Database& database);

// The current row of a SELECT seq, ts, kind, payload.
[[nodiscard]] RecordView record_of(const Statement& row);

}  // namespace synapse::store
