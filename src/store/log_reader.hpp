// SPDX-License-Identifier: AGPL-3.0-or-later
// Reads an event log that somebody else may be writing: what `synapse ingest` stands on. It never
// writes a record and takes no lock that a hub would wait for.
//
// The log of a hub that runs, or was killed, lives partly in its -wal file, and reading that beside
// the hub takes the right to write FILE-shm, or to make it. Where that can't be had (a full disk, a
// read-only file system) a reader still works while no hub writes.
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
#include "store/log_lock.hpp"
#include "store/sqlite_database.hpp"

namespace synapse::store {

// The kinds that a memory is made of.
[[nodiscard]] const std::vector<std::string>& memory_kinds();

struct LogFilter {
  std::int64_t after = 0;  // Only records with larger numbers.
  std::optional<std::vector<std::string>>
      kinds;  // Only these; none: all. An empty list: no record at all.
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  // Whether the records of our own table are read as well, each behind its row of `events`: of
  // those, the ones behind `after` and all later ones.
  enum class Own { left_out, read } own = Own::left_out;
  // Of those, only records with larger numbers of their own.
  std::int64_t own_after = std::numeric_limits<std::int64_t>::min();
};

class LogReader {
 public:
  // not_found if there is no such file; corrupt if it is no log. A log whose hub has not come to
  // writing is empty.
  [[nodiscard]] static Result<LogReader> open(const std::filesystem::path& file);
  // For the hub that has the log's lock and writes: opens nothing but the database, for closing any
  // other descriptor of the file would drop the hub's locks on it.
  [[nodiscard]] static Result<LogReader> open_own(const std::filesystem::path& file);
  // For the hub that has the log's lock and is not going to write.
  [[nodiscard]] static Result<LogReader> open_frozen(const std::filesystem::path& file);

  using Sink = std::function<bool(const RecordView&)>;

  // Hands every record that passes the filter to the sink, in their order, until it returns false.
  [[nodiscard]] Result<> read(const LogFilter& filter, const Sink& sink);
  // The same filter's records that were written since.
  [[nodiscard]] Result<> read_on(const Sink& sink);

 private:
  struct Record;
  // What is read next.
  struct Place {
    std::int64_t after = 0;
    std::int64_t own_after = 0;  // By its own numbers.
    std::uint64_t left = 0;
  };
  struct Batch;

  explicit LogReader(Database database, std::optional<LogLock> lock = std::nullopt)
      : lock_(std::move(lock)), database_(std::move(database)) {}
  [[nodiscard]] Result<> take_events(Batch& batch);
  [[nodiscard]] Result<> take_own(Batch& batch);
  [[nodiscard]] Result<> take(Batch& batch);

  std::optional<LogLock> lock_;  // Where no lock of SQLite's keeps hubs out.
  Database database_;
  LogFilter filter_;
  Place place_;
};

// A record as one line of NDJSON, without the line feed: {"seq":…,"ts":…,"kind":…,"payload":…}; of
// our own table, with after_seq in place of seq. A
// payload that is no JSON becomes JSON text, so that a line is always valid and always one line.
// Characters that a terminal would obey are escaped.
[[nodiscard]] std::string ndjson_line(const RecordView& record);

}  // namespace synapse::store
