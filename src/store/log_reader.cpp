// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/log_reader.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>

#include "base/control.hpp"
#include "base/file.hpp"
#include "base/utf8.hpp"
#include "store/event_codec.hpp"
#include "store/json_reader.hpp"
#include "store/log_files.hpp"
#include "store/log_schema.hpp"
#include "wire/json_writer.hpp"

namespace synapse::store {

namespace {

constexpr std::size_t batch_records_max = 1000;
constexpr std::size_t batch_bytes_max = 4U << 20U;

std::string kinds_clause(const LogFilter& filter) {
  if (!filter.kinds) return {};
  std::string sql = " AND kind IN (";
  for (std::size_t i = 0; i < filter.kinds->size(); ++i) sql += i == 0 ? "?" : ",?";
  return sql + ")";
}

void bind_kinds(const LogFilter& filter, Statement& rows, int first) {
  if (!filter.kinds) return;
  for (const std::string& kind : *filter.kinds) rows.bind(first++, std::string_view(kind));
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

// JSON in which a terminal obeys nothing: control and format characters, which stand only within
// strings, as escapes.
std::string shown_as_json(std::string json) {
  if (!base::has_control(json)) return json;
  std::string shown;
  for (std::string_view rest = json; !rest.empty();) {
    const base::Utf8Point one = base::first_point(rest);
    const std::string_view bytes = rest.substr(0, std::max<std::size_t>(1, one.length));
    rest.remove_prefix(bytes.size());
    if (!base::has_control(bytes)) {
      shown += bytes;
      continue;
    }
    const auto escape = [&shown](char32_t unit) {  // One of 16 bits.
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<std::uint16_t>(unit));
      shown += code.data();
    };
    if (one.point > 0xFFFF) escape(0xD7C0 + (one.point >> 10U));
    escape(one.point > 0xFFFF ? 0xDC00 + (one.point & 0x3FFU) : one.point);
  }
  return shown;
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
  Result<LogReader> opened = open_own(file);
  if (opened) return opened;
  const Error why = opened.error();
  if (why.code != ErrorCode::io_error && why.code != ErrorCode::disk_full) return why;
  // Most likely FILE-shm can't be made or written. While nobody writes, nobody needs it.
  Result<LogLock> lock = LogLock::acquire_shared(file);
  if (!lock && lock.error().code == ErrorCode::locked) {
    return fail(why.code, why.message +
                              ". A hub has it open, and reading it meanwhile takes the right to "
                              "write in its folder");
  }
  if (!lock) return why;
  Result<LogReader> frozen = open_frozen(file);
  if (!frozen) return why;
  frozen->lock_ = std::move(*lock);
  return frozen;
}

Result<LogReader> LogReader::open_own(const std::filesystem::path& file) {
  Result<Database> database = Database::open(file, SQLITE_OPEN_READONLY, nullptr);
  if (!database) return database.error();
  database->set_busy_timeout(default_busy_timeout);
  const Result<LogTable> table = find_log_table(*database);
  if (!table) return table.error();
  return LogReader(std::move(*database));
}

Result<LogReader> LogReader::open_frozen(const std::filesystem::path& file) {
  Result<Database> database = Database::open_frozen(real_path(file));
  if (!database) return database.error();
  const Result<LogTable> table = find_log_table(*database);
  if (!table) return table.error();
  if (*table == LogTable::missing) {
    return fail(ErrorCode::not_found, base::quoted_path(file) + " holds no log yet");
  }
  return LogReader(std::move(*database));
}

struct LogReader::Record {
  std::int64_t seq;
  double ts;
  std::string kind;
  std::string payload;
  std::int64_t own_id = 0;
};

// Records of both tables as they were at one moment; as many as are known to be without a gap.
struct LogReader::Batch {
  std::vector<Record> events;
  std::vector<Record> own;
  std::size_t bytes = 0;
  std::uint64_t records_max = batch_records_max;  // Of each table.
  bool has_all = true;                            // Nothing is left.

  bool take(std::vector<Record>& records, const RecordView& record, std::int64_t own_id = 0) {
    bytes += record.payload.size();
    records.push_back(
        {record.seq, record.ts, std::string(record.kind), std::string(record.payload), own_id});
    return records.size() < records_max && bytes < batch_bytes_max;
  }
};

Result<> LogReader::take_events(Batch& batch) {
  Result<Statement> rows =
      database_.prepare("SELECT seq, ts, kind, payload FROM events WHERE seq > ?" +
                        kinds_clause(filter_) + " ORDER BY seq");
  if (!rows) return rows.error();
  rows->bind(1, place_.after);
  bind_kinds(filter_, *rows, 2);
  int code = SQLITE_ROW;
  while ((code = rows->step()) == SQLITE_ROW) {
    if (batch.take(batch.events, record_of(*rows))) continue;
    batch.has_all = false;
    return {};
  }
  if (code != SQLITE_DONE) return database_.error(code);
  return {};
}

// Our own records up to the last of those events.
Result<> LogReader::take_own(Batch& batch) {
  const Result<LogTable> table = find_own_table(database_);
  if (!table) return table.error();
  if (*table == LogTable::missing) return {};
  const std::int64_t end =
      batch.has_all ? std::numeric_limits<std::int64_t>::max() : batch.events.back().seq;
  Result<Statement> rows = database_.prepare(
      "SELECT after_seq, ts, kind, payload, id FROM synapse_events WHERE id > ? AND after_seq >= "
      "?" +
      kinds_clause(filter_) + " ORDER BY id");
  if (!rows) return rows.error();
  rows->bind(1, place_.own_after);
  rows->bind(2, filter_.after);
  bind_kinds(filter_, *rows, 3);
  batch.bytes = 0;
  int code = SQLITE_ROW;
  while ((code = rows->step()) == SQLITE_ROW) {
    const RecordView record = record_of(*rows, Table::synapse_events);
    if (record.seq >= end) return {};
    if (batch.take(batch.own, record, rows->integer(4))) continue;
    // Events that one of the next may stand before are for the next batch.
    const std::int64_t known = batch.own.back().seq;
    std::erase_if(batch.events, [known](const Record& event) { return event.seq > known; });
    batch.has_all = false;
    return {};
  }
  if (code != SQLITE_DONE) return database_.error(code);
  return {};
}

Result<> LogReader::take(Batch& batch) {
  if (Result<> begun = database_.run("BEGIN"); !begun) return begun;
  Result<> taken = take_events(batch);
  if (taken && filter_.own == LogFilter::Own::read) taken = take_own(batch);
  Result<> ended = database_.commit();
  return taken ? ended : taken;
}

Result<> LogReader::read(const LogFilter& filter, const Sink& sink) {
  filter_ = filter;
  place_ = {filter.after, filter.own_after, filter.limit};
  return read_on(sink);
}

Result<> LogReader::read_on(const Sink& sink) {
  if (filter_.kinds && filter_.kinds->empty()) return {};
  const Result<LogTable> table = find_log_table(database_);
  if (!table) return table.error();
  if (*table == LogTable::missing) return {};
  for (bool has_all = false; !has_all;) {
    Batch batch;
    batch.records_max = std::clamp<std::uint64_t>(place_.left, 1, batch_records_max);
    if (Result<> taken = take(batch); !taken) return taken;
    has_all = batch.has_all;
    auto event = batch.events.begin();
    auto own = batch.own.begin();
    while (event != batch.events.end() || own != batch.own.end()) {
      if (place_.left == 0) return {};
      --place_.left;
      const bool is_own =
          own != batch.own.end() && (event == batch.events.end() || own->seq < event->seq);
      const Record& record = is_own ? *own++ : *event++;
      (is_own ? place_.own_after : place_.after) = is_own ? record.own_id : record.seq;
      const Table from = is_own ? Table::synapse_events : Table::events;
      if (!sink({record.seq, record.ts, record.kind, record.payload, from, record.own_id}))
        return {};
    }
  }
  return {};
}

std::string ndjson_line(const RecordView& record) {
  wire::JsonWriter json;
  json.begin_object()
      .field(record.table == Table::events ? "seq" : "after_seq", record.seq)
      .field("ts", record.ts)
      .field("kind", as_text(record.kind))
      .key("payload");
  if (is_json(record.payload)) {
    // What is left of these can only be white space between tokens.
    std::string payload(record.payload);
    std::replace_if(
        payload.begin(), payload.end(), [](char c) { return c >= 0 && c < ' '; }, ' ');
    json.raw(payload);
  } else {
    json.value(as_text(record.payload));
  }
  return shown_as_json(json.end_object().take());
}

}  // namespace synapse::store
