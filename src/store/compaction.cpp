// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/compaction.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <thread>
#include <vector>

#include "store/event_codec.hpp"
#include "store/latest_leases.hpp"
#include "store/log_reader.hpp"
#include "store/log_schema.hpp"
#include "store/readers.hpp"
#include "store/sweep.hpp"

namespace synapse::store {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds one_try{250};
constexpr std::uint64_t records_per_report = 1024;
// A transaction holds up the hub; so it ends after this time, or where many pages would change.
constexpr std::chrono::milliseconds transaction_time{3};
constexpr std::size_t transaction_bytes = 1U << 20U;

Result<std::int64_t> number_of(Database& database, const char* sql) {
  Result<Statement> row = database.prepare(sql);
  if (!row) return row.error();
  const int code = row->step();
  if (code != SQLITE_ROW) return database.error(code);
  return row->integer(0);  // 0 for NULL.
}

LogFilter everything() {
  LogFilter filter;
  filter.after = std::numeric_limits<std::int64_t>::min();
  return filter;
}

Result<bool> has_renewals(Database& database) {
  const Result<LogTable> table = find_own_table(database);
  if (!table) return table.error();
  if (*table == LogTable::missing) return false;
  Result<Statement> one = database.prepare(
      "SELECT 1 FROM synapse_events WHERE kind IN "
      "('lease_renewed', 'lease_updated', 'lease_extended') LIMIT 1");
  if (!one) return one.error();
  const int code = one->step();
  if (code != SQLITE_ROW && code != SQLITE_DONE) return database.error(code);
  return code == SQLITE_ROW;
}

// The leases of a log, as it is read.
class Leases {
 public:
  bool look_at(const RecordView& record) {
    if (record.kind == kind::lease_renewed) {
      if (const Result<Renewal> renewal = decode_renewal(record.payload, context_)) {
        latest_.renew(*renewal);
      }
    } else if (record.kind == kind::lease_extended) {
      if (const Result<Growth> growth = decode_growth(record.payload, context_)) {
        latest_.grow(*growth);
      }
    } else if (record.kind == kind::lease_updated) {
      if (const Result<SmallUpdate> update = decode_small_update(record.payload)) {
        latest_.update(*update);
      }
    } else if (auto event = decode(record.kind, record.payload, context_); event && *event) {
      static_cast<void>(latest_.take(**event));
    }
    return true;
  }

  // A whole record of each one whose last record is less. A claim would end what is kept of an
  // earlier one, as only a log that no hub wrote has it beside the lease.
  std::vector<Entry> renewed(double ts) {
    std::vector<Entry> whole;
    const core::LeaseTable& leases = machine_.leases();
    for (const TaskId& task_id : latest_.finish()) {
      const core::Lease& lease = *leases.find(task_id);
      const bool has_past = leases.kept_checkpoint(task_id) != nullptr ||
                            leases.lapses().find(lease.owner, task_id) != nullptr;
      whole.push_back(encode_whole(lease, ts, has_past ? kind::task_update : kind::claim));
    }
    return whole;
  }

 private:
  DecodeContext context_;
  core::Machine machine_{context_.limits};
  LatestLeases latest_{machine_};
};

Result<> insert(Database& database, const std::vector<Entry>& entries) {
  Result<Statement> inserting = database.prepare(insert_event);
  if (!inserting) return inserting.error();
  for (const Entry& entry : entries) {
    inserting->bind(1, entry.ts);
    inserting->bind(2, std::string_view(entry.kind));
    inserting->bind(3, std::string_view(entry.payload));
    if (Result<> done = database.run(*inserting); !done) return done;
  }
  return {};
}

int tries(const CompactionPolicy& policy) {
  return static_cast<int>(std::max<std::int64_t>(1, policy.patience / one_try));
}

// Writes the renewed leases whole; renewals up to the number returned say nothing then.
Result<std::int64_t> settle_renewals(LogReader& log, Database& database,
                                     const CompactionPolicy& policy, double now) {
  const Result<bool> any = has_renewals(database);
  if (!any) return any.error();
  if (!*any) return 0;
  Leases leases;
  const auto look = [&leases](const RecordView& record) { return leases.look_at(record); };
  LogFilter filter = everything();
  filter.own = LogFilter::Own::read;
  filter.kinds.emplace();
  for (const std::string_view one :
       {kind::claim, kind::task_update, kind::checkpoint, kind::handoff, kind::release,
        kind::lease_expired, kind::lease_renewed, kind::lease_updated, kind::lease_extended}) {
    filter.kinds->emplace_back(one);
  }
  if (Result<> read = log.read(filter, look); !read) return read.error();
  if (Result<> begun = database.begin(tries(policy)); !begun) return begun.error();
  // Nobody else writes now: what came while the log was read is little.
  if (Result<> read = log.read_on(look); !read) return read.error();
  const Result<std::int64_t> end = number_of(database, "SELECT MAX(id) FROM synapse_events");
  if (!end) return end.error();
  if (Result<> written = insert(database, leases.renewed(now)); !written) return written.error();
  if (Result<> done = database.commit(); !done) return done.error();
  return *end;
}

// A few at a time, as everything that holds up a hub.
Result<> write_sightings(Database& database, const CompactionPolicy& policy,
                         const std::vector<core::AgentSeen>& sightings, double now) {
  constexpr std::size_t at_once = 100;
  Result<Statement> inserting = database.prepare(insert_own_event);
  if (!inserting) return inserting.error();
  for (std::size_t i = 0; i < sightings.size();) {
    if (Result<> begun = database.begin(tries(policy)); !begun) return begun;
    const std::size_t end = std::min(sightings.size(), i + at_once);
    for (; i < end; ++i) {
      const Entry entry = *encode(sightings[i], now);
      inserting->bind(1, entry.ts);
      inserting->bind(2, std::string_view(entry.kind));
      inserting->bind(3, std::string_view(entry.payload));
      if (Result<> done = database.run(*inserting); !done) return done;
    }
    if (Result<> done = database.commit(); !done) return done;
  }
  return {};
}

// Takes records out of the log, in their order.
class Eraser {
 public:
  Eraser(Database& database, const CompactionPolicy& policy, CompactionProgress& progress,
         CompactionResult& result)
      : database_(database), policy_(policy), progress_(progress), result_(result) {}

  Result<> prepare() {
    Result<Statement> events = database_.prepare("DELETE FROM events WHERE seq = ?");
    if (!events) return events.error();
    events_ = std::move(*events);
    const Result<LogTable> table = find_own_table(database_);
    if (!table) return table.error();
    if (*table == LogTable::missing) return {};
    Result<Statement> own = database_.prepare("DELETE FROM synapse_events WHERE id = ?");
    if (!own) return own.error();
    own_ = std::move(*own);
    return {};
  }

  // False: it was told not to go on.
  Result<bool> erase(std::span<const SweptRow> rows) {
    while (!rows.empty()) {
      const Clock::time_point start = Clock::now();
      const Result<std::size_t> done = erase_some(rows);
      if (!done) return done.error();
      rows = rows.subspan(*done);
      if (policy_.go_on && !policy_.go_on(progress_)) return false;
      // A hub that waits for the log tries again every few milliseconds.
      std::this_thread::sleep_for(
          std::max<Clock::duration>(Clock::now() - start, std::chrono::milliseconds(1)));
    }
    return true;
  }

  void count(const SweptRow& row) {
    ++result_.removed[static_cast<std::size_t>(row.what)];
    result_.bytes += row.bytes;
    ++progress_.removed;
  }

 private:
  Result<std::size_t> erase_some(std::span<const SweptRow> rows) {
    if (Result<> begun = database_.begin(tries(policy_)); !begun) return begun.error();
    const Clock::time_point end = Clock::now() + transaction_time;
    std::size_t done = 0;
    const std::size_t rows_max = std::min(rows.size(), policy_.transaction_rows_max);
    for (std::size_t bytes = 0; done < rows_max && bytes < transaction_bytes; ++done) {
      if (done > 0 && Clock::now() >= end) break;
      const SweptRow& row = rows[done];
      bytes += row.bytes;
      Statement& erasing = row.table == Table::events ? events_ : own_;
      erasing.bind(1, row.id);
      if (Result<> erased = database_.run(erasing); !erased) return erased.error();
      if (sqlite3_changes(database_.handle()) > 0) count(row);
    }
    if (Result<> committed = database_.commit(); !committed) return committed.error();
    return done;
  }

  Database& database_;
  const CompactionPolicy& policy_;
  CompactionProgress& progress_;
  CompactionResult& result_;
  Statement events_;
  Statement own_;
};

Result<Database> open_for_writing(const std::filesystem::path& file) {
  Result<Database> database = Database::open(file, SQLITE_OPEN_READWRITE, nullptr);
  if (!database) return database;
  database->set_busy_timeout(one_try);
  // What a power cut brings back is found again by the next compaction.
  if (Result<> sync = database->run("PRAGMA synchronous=NORMAL"); !sync) return sync.error();
  return database;
}

// The last record that may go.
Result<std::int64_t> floor_of(const std::filesystem::path& file, Database& database,
                              const CompactionPolicy& policy, CompactionResult& result) {
  std::int64_t floor = 0;
  if (const auto* consumed = std::get_if<std::int64_t>(&policy.consumed)) {
    floor = std::max<std::int64_t>(0, *consumed);
  } else {
    const Result<std::int64_t> last = number_of(database, "SELECT MAX(seq) FROM events");
    if (!last) return last.error();
    floor = *last;
  }
  if (std::optional<SlowestReader> slowest = slowest_reader(file);
      slowest && slowest->cursor < floor) {
    floor = slowest->cursor;
    result.held_back_by = std::move(slowest->name);
  }
  return floor;
}

// Reads the log until it has seen enough of what may go. False: it was told not to go on.
Result<bool> sweep_log(LogReader& log, Sweep& sweep, const CompactionPolicy& policy,
                       CompactionProgress& progress) {
  LogFilter filter = everything();
  filter.own = LogFilter::Own::read;
  bool goes_on = true;
  const Result<> read = log.read(filter, [&](const RecordView& record) {
    if (++progress.records % records_per_report == 0 && policy.go_on) {
      goes_on = policy.go_on(progress);
    }
    return goes_on && sweep.look_at(record);
  });
  if (!read) return read.error();
  return goes_on;
}

}  // namespace

Result<> check(const CompactionPolicy& policy) {
  if (std::holds_alternative<CompactionPolicy::Nobody>(policy.consumed)) {
    return fail(ErrorCode::bad_argument,
                "compact needs to know what readers have consumed: give --floor-seq N, the lowest "
                "number that every reader has got to, or --all if none lags behind");
  }
  if (!policy.checkpoints_per_task_max && !policy.finding_grace && !policy.keep_history) {
    return fail(ErrorCode::bad_argument,
                "compact needs to know what may go: give --keep-history DURATION, "
                "--max-checkpoints-per-task N or --finding-grace-seconds S");
  }
  if (policy.checkpoints_per_task_max && *policy.checkpoints_per_task_max < 1) {
    return fail(ErrorCode::bad_argument,
                "--max-checkpoints-per-task must be at least 1: the newest checkpoint may be all "
                "that is known of a claim");
  }
  if (policy.finding_grace &&
      !(*policy.finding_grace >= 0 && std::isfinite(*policy.finding_grace))) {
    return fail(ErrorCode::bad_argument, "--finding-grace-seconds must not be negative");
  }
  return {};
}

Result<CompactionResult> compact(const std::filesystem::path& file, const CompactionPolicy& policy,
                                 double now) {
  if (Result<> sound = check(policy); !sound) return sound.error();
  Result<LogReader> log = LogReader::open(file);
  if (!log) return log.error();
  Result<Database> database = open_for_writing(file);
  if (!database) return database.error();

  CompactionResult result;
  CompactionProgress progress;
  Sweep::Bounds bounds;
  bounds.now = now;
  const bool is_in_theory = policy.deletes == CompactionPolicy::Deletes::in_theory;
  if (policy.renewals == CompactionPolicy::Renewals::settle) {
    const Result<std::int64_t> settled =
        is_in_theory ? Result<std::int64_t>(std::numeric_limits<std::int64_t>::max())
                     : settle_renewals(*log, *database, policy, now);
    if (!settled) return settled.error();
    bounds.settled_until = *settled;
  }
  const Result<std::int64_t> floor = floor_of(file, *database, policy, result);
  if (!floor) return floor.error();
  bounds.floor = result.floor_seq = *floor;
  if (is_in_theory) bounds.rows_max = std::numeric_limits<std::size_t>::max();

  Eraser eraser(*database, policy, progress, result);
  if (Result<> ready = eraser.prepare(); !ready) return ready.error();
  for (bool has_more = true; has_more;) {
    Sweep sweep(policy, bounds);
    const Result<bool> goes_on = sweep_log(*log, sweep, policy, progress);
    if (!goes_on) return goes_on.error();
    const std::vector<SweptRow> rows = sweep.take();
    has_more = *goes_on && rows.size() >= bounds.rows_max;
    if (is_in_theory) {
      for (const SweptRow& row : rows) eraser.count(row);
    } else {
      if (!*goes_on) break;
      if (Result<> kept = write_sightings(*database, policy, sweep.take_sightings(), now); !kept) {
        return kept.error();
      }
      const Result<bool> erased = eraser.erase(rows);
      if (!erased) return erased.error();
      has_more = has_more && *erased;
    }
  }
  if (policy.vacuum == CompactionPolicy::Vacuum::yes && !is_in_theory) {
    if (Result<> done = database->run("VACUUM"); !done) return done.error();
    // Only with the WAL emptied does the file get smaller; a reader in the way leaves that to the
    // hub.
    static_cast<void>(database->empty_wal());
  }
  return result;
}

Result<LogSize> log_size(const std::filesystem::path& file) {
  Result<Database> database = Database::open(file, SQLITE_OPEN_READONLY, nullptr);
  if (!database) return database.error();
  std::array<std::uint64_t, 3> values{};
  constexpr std::array<const char*, 3> pragmas{"PRAGMA page_size", "PRAGMA page_count",
                                               "PRAGMA freelist_count"};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Result<std::int64_t> value = number_of(*database, pragmas[i]);
    if (!value) return value.error();
    values[i] = static_cast<std::uint64_t>(*value);
  }
  return LogSize{values[0] * (values[1] - std::min(values[1], values[2])), values[0] * values[1]};
}

}  // namespace synapse::store
