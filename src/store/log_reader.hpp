// SPDX-License-Identifier: AGPL-3.0-or-later
// Reads an event log that somebody else may be writing: what `synapse ingest` stands on. It never
// writes a record and takes no lock that a hub would wait for.
//
// The log of a hub that runs, or was killed, lives partly in its -wal file, and reading that takes
// the right to write FILE-shm, or to make it. Where there is no -wal (a clean shutdown) a reader
// without any such right still works.
//
// Records are taken out in small batches, and nothing of the log is held while the sink looks at
// one: a slow sink neither keeps the WAL from being emptied nor sees the log of a moment long gone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "store/event_store.hpp"
#include "store/sqlite_database.hpp"

namespace synapse::store {

// The kinds that a memory is made of.
[[nodiscard]] const std::vector<std::string>& memory_kinds();

struct LogFilter {
  std::int64_t after = 0;  // Only records with larger numbers.
  std::optional<std::vector<std::string>>
      kinds;  // Only these; none: all. An empty list: no record at all.
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

class LogReader {
 public:
  // not_found if there is no such file; corrupt if it is no log. A log whose hub has not come to
  // writing is empty.
  [[nodiscard]] static Result<LogReader> open(const std::filesystem::path& file);

  // Hands every record that passes the filter to the sink, in order of seq, until it returns false.
  [[nodiscard]] Result<> read(const LogFilter& filter,
                              const std::function<bool(const RecordView&)>& sink);

 private:
  explicit LogReader(Database database) : database_(std::move(database)) {}

  Database database_;
};

// A record as one line of NDJSON, without the line feed: {"seq":…,"ts":…,"kind":…,"payload":…}. A
// payload that is no JSON becomes JSON text, so that a line is always valid and always one line.
[[nodiscard]] std::string ndjson_line(const RecordView& record);

}  // namespace synapse::store
