// SPDX-License-Identifier: AGPL-3.0-or-later
// The tables `events` and `synapse_events`: the event log inside its SQLite file.
#pragma once

#include "store/event_store.hpp"
#include "store/sqlite_database.hpp"

namespace synapse::store {

// The same in every program that writes the log, down to the name of each column; never altered.
inline constexpr const char* create_log_table =
    "CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, ts REAL NOT NULL, "
    "kind TEXT NOT NULL, payload TEXT NOT NULL)";

// What the original doesn't know. A row stands behind the row `after_seq` of `events`, and behind
// those of its own table that were inserted before it.
inline constexpr const char* create_own_table =
    "CREATE TABLE IF NOT EXISTS synapse_events (id INTEGER PRIMARY KEY, after_seq INTEGER NOT "
    "NULL, "
    "ts REAL NOT NULL, kind TEXT NOT NULL, payload TEXT NOT NULL)";

inline constexpr const char* insert_event =
    "INSERT INTO events (ts, kind, payload) VALUES (?, ?, ?)";
// Behind the last number that was given, which compaction may have freed: so the order of insertion
// is the order of after_seq, too.
inline constexpr const char* insert_own_event =
    "INSERT INTO synapse_events (after_seq, ts, kind, payload) VALUES ((SELECT "
    "COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = 'events'), ?, ?, ?)";

inline constexpr const char* create_cluster_table =
    "CREATE TABLE IF NOT EXISTS synapse_cluster (name TEXT PRIMARY KEY, value BLOB NOT NULL)";
inline constexpr const char* put_cluster_note =
    "INSERT INTO synapse_cluster (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET "
    "value = excluded.value";

enum class LogTable { missing, present };

// Looks for `events`. Missing means an empty database: one with other tables is some other
// program's, and an error, as is a table `events` or `synapse_events` of another shape.
[[nodiscard]] Result<LogTable> find_log_table(Database& database);
// A log that only the original has written lacks it.
[[nodiscard]] Result<LogTable> find_own_table(Database& database);

// The current row of a SELECT seq, ts, kind, payload or after_seq, ts, kind, payload.
[[nodiscard]] RecordView record_of(const Statement& row, Table table = Table::events);

}  // namespace synapse::store
