// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/log_reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/file_error.hpp"
#include "base/text.hpp"
#include "store/event_codec.hpp"
#include "store/json_reader.hpp"
#include "store/log_files.hpp"
#include "store/log_schema.hpp"
#include "wire/json_writer.hpp"

namespace synapse::store {

namespace {

constexpr std::size_t batch_records_max = 1000;
constexpr std::size_t batch_bytes_max = 4U << 20U;

struct LogRecord {
  std::int64_t seq;
  double ts;
  std::string kind;
  std::string payload;
};

std::string select(const LogFilter& filter) {
  std::string sql = "SELECT seq, ts, kind, payload FROM events WHERE seq > ?";
  if (filter.kinds) {
    sql += " AND kind IN (";
    for (std::size_t i = 0; i < filter.kinds->size(); ++i) sql += i == 0 ? "?" : ",?";
    sql += ")";
  }
  return sql + " ORDER BY seq";
}

enum class Left { nothing, perhaps_more };

Result<Left> take_batch(Database& database, Statement& rows, std::size_t records_max,
                        std::vector<LogRecord>& batch) {
  batch.clear();
  std::size_t bytes = 0;
  int code = SQLITE_ROW;
  while (batch.size() < records_max && bytes < batch_bytes_max &&
         (code = rows.step()) == SQLITE_ROW) {
    const RecordView record = record_of(rows);
    bytes += record.payload.size();
    batch.push_back({record.seq, record.ts, std::string(record.kind), std::string(record.payload)});
  }
  Result<Left> left = code == SQLITE_ROW ? Left::perhaps_more : Left::nothing;
  if (code != SQLITE_ROW && code != SQLITE_DONE) left = database.error(code);
  rows.reset();
  return left;
}

// Whether something of the log is only in its -wal.
bool has_wal(const std::filesystem::path& file) {
  struct stat status {};
  return stat(companion(real_path(file), "-wal").c_str(), &status) == 0 && status.st_size > 0;
}

// Bytes of any origin as text; those that are no UTF-8 lose all that is not ASCII.
std::string as_text(std::string_view bytes) {
  std::string text(bytes);
  if (base::is_valid_utf8(bytes)) return text;
  for (char& c : text) {
    if ((static_cast<unsigned char>(c) & 0x80U) != 0) c = '?';
  }
  return text;
}

bool is_json(std::string_view bytes) {
  if (!base::is_valid_utf8(bytes)) return false;
  JsonReader json(bytes);
  json.skip();
  json.finish();
  return !json.failed();
}

}  // namespace

const std::vector<std::string>& memory_kinds() {
  static const std::vector<std::string> kinds{std::string(kind::recall), std::string(kind::finding),
                                              std::string(kind::checkpoint),
                                              std::string(kind::handoff)};
  return kinds;
}

Result<LogReader> LogReader::open(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return base::file_error(file, "can't be opened", errno);
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::io_error, base::quoted_path(file) + " is not a regular file");
  }
  Result<Database> database = Database::open(file, SQLITE_OPEN_READONLY, nullptr);
  if (!database) return database.error();
  database->set_busy_timeout(default_busy_timeout);
  Result<LogTable> table = find_log_table(*database);
  if (!table && table.error().code == ErrorCode::io_error) {
    // Most likely FILE-shm can't be made or written. Without a -wal nobody needs it: nobody has the
    // log open.
    if (has_wal(file)) {
      return fail(ErrorCode::io_error,
                  table.error().message + ". Its newest part is in " + base::quoted_path(file) +
                      "-wal; reading that takes the right to write in its folder");
    }
    Result<Database> immutable = Database::open_immutable(file);
    if (!immutable) return table.error();
    table = find_log_table(*immutable);
    database = std::move(immutable);
  }
  if (!table) return table.error();
  return LogReader(std::move(*database));
}

Result<> LogReader::read(const LogFilter& filter,
                         const std::function<bool(const RecordView&)>& sink) {
  if (filter.kinds && filter.kinds->empty()) return {};
  Result<LogTable> table = find_log_table(database_);
  if (!table) return table.error();
  if (*table == LogTable::missing) return {};
  Result<Statement> rows = database_.prepare(select(filter));
  if (!rows) return rows.error();
  if (filter.kinds) {
    for (std::size_t i = 0; i < filter.kinds->size(); ++i) {
      rows->bind(static_cast<int>(i) + 2, std::string_view((*filter.kinds)[i]));
    }
  }
  std::vector<LogRecord> batch;
  std::int64_t after = filter.after;
  std::uint64_t left = filter.limit;
  while (left > 0) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, batch_records_max));
    rows->bind(1, after);
    const Result<Left> taken = take_batch(database_, *rows, wanted, batch);
    if (!taken) return taken.error();
    for (const LogRecord& record : batch) {
      if (!sink({record.seq, record.ts, record.kind, record.payload})) return {};
    }
    if (*taken == Left::nothing) return {};
    after = batch.back().seq;
    left -= batch.size();
  }
  return {};
}

std::string ndjson_line(const RecordView& record) {
  wire::JsonWriter json;
  json.begin_object()
      .field("seq", record.seq)
      .field("ts", record.ts)
      .field("kind", as_text(record.kind))
      .key("payload");
  if (is_json(record.payload)) {
    // A line feed can only be white space between tokens here.
    std::string payload(record.payload);
    std::replace_if(
        payload.begin(), payload.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
    json.raw(payload);
  } else {
    json.value(as_text(record.payload));
  }
  return json.end_object().take();
}

}  // namespace synapse::store
