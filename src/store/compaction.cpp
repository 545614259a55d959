// SPDX-License-Identifier: AGPL-3.0-or-later
#include "store/compaction.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <span>
#include <unordered_map>
#include <vector>

#include "store/event_codec.hpp"
#include "store/latest_leases.hpp"
#include "store/log_reader.hpp"
#include "store/log_schema.hpp"

namespace synapse::store {

namespace {

constexpr int busy_tries = 12;
constexpr std::size_t deletes_per_transaction = 1000;

// Reads the log once and says which records go.
class Sweep {
 public:
  Sweep(const CompactionPolicy& policy, std::int64_t floor, double now)
      : policy_(policy), floor_(floor), now_(now) {}

  void look_at(const RecordView& record) {
    if (record.seq > floor_) return;
    Result<std::optional<core::Event>> event = decode(record.kind, record.payload, context_);
    if (!event || !*event) return;
    if (const auto* saved = std::get_if<core::CheckpointSaved>(&**event)) {
      checkpoints_[saved->lease.task_id.text].push_back({record.seq, saved->lease.epoch});
    } else if (const auto* finding = std::get_if<core::FindingRecorded>(&**event)) {
      if (is_over(finding->finding)) findings_.push_back(record.seq);
    }
  }

  [[nodiscard]] const std::vector<std::int64_t>& findings() const { return findings_; }

  [[nodiscard]] std::vector<std::int64_t> checkpoints() const {
    std::vector<std::int64_t> superseded;
    if (!policy_.checkpoints_per_task_max) return superseded;
    const auto keep = static_cast<std::size_t>(*policy_.checkpoints_per_task_max);
    for (const auto& [task_id, all] : checkpoints_) {
      for (std::size_t i = 0; i + keep < all.size(); ++i) {
        if (all[i].epoch <= all.back().epoch) superseded.push_back(all[i].seq);
      }
    }
    std::sort(superseded.begin(), superseded.end());
    return superseded;
  }

 private:
  struct Checkpoint {
    std::int64_t seq;
    Epoch epoch;
  };

  [[nodiscard]] bool is_over(const core::Finding& finding) const {
    const std::optional<double>& end = finding.validity->valid_to;
    return policy_.finding_grace && end && *end < now_ - *policy_.finding_grace;
  }

  const CompactionPolicy& policy_;
  std::int64_t floor_;
  double now_;
  DecodeContext context_;
  std::unordered_map<std::string, std::vector<Checkpoint>> checkpoints_;  // By task, in order.
  std::vector<std::int64_t> findings_;
};

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
  Result<Statement> one =
      database.prepare("SELECT 1 FROM synapse_events WHERE kind = 'lease_renewed' LIMIT 1");
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
    } else if (auto event = decode(record.kind, record.payload, context_); event && *event) {
      static_cast<void>(latest_.take(**event));
    }
    return true;
  }

  // A whole record of each one whose last record is a renewal.
  std::vector<Entry> renewed(double ts) {
    std::vector<Entry> whole;
    for (const TaskId& task_id : latest_.finish()) {
      whole.push_back(encode_whole(*machine_.leases().find(task_id), ts));
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

// Deletes the renewals behind rows up to the floor, the ones that were there before `end`.
Result<std::uint64_t> erase_renewals(Database& database, std::int64_t floor, std::int64_t end) {
  Result<Statement> erasing = database.prepare(
      "DELETE FROM synapse_events WHERE id IN (SELECT id FROM synapse_events WHERE kind = "
      "'lease_renewed' AND after_seq <= ? AND id <= ? LIMIT " +
      std::to_string(deletes_per_transaction) + ")");
  if (!erasing) return erasing.error();
  erasing->bind(1, floor);
  erasing->bind(2, end);
  std::uint64_t erased = 0;
  for (std::uint64_t some = 1; some > 0; erased += some) {
    if (Result<> begun = database.begin(busy_tries); !begun) return begun.error();
    if (Result<> done = database.run(*erasing); !done) return done.error();
    some = static_cast<std::uint64_t>(sqlite3_changes(database.handle()));
    if (Result<> done = database.commit(); !done) return done.error();
  }
  return erased;
}

// Writes the renewed leases whole, and deletes the renewals, none of which says anything then.
Result<> settle_renewals(LogReader& log, Database& database, double now, CompactionResult& result) {
  const Result<bool> any = has_renewals(database);
  if (!any) return any.error();
  if (!*any) return {};
  Leases leases;
  const auto look = [&leases](const RecordView& record) { return leases.look_at(record); };
  LogFilter filter = everything();
  filter.own = LogFilter::Own::read;
  filter.kinds.emplace();
  for (const std::string_view one :
       {kind::claim, kind::task_update, kind::checkpoint, kind::handoff, kind::release,
        kind::lease_expired, kind::lease_renewed}) {
    filter.kinds->emplace_back(one);
  }
  if (Result<> read = log.read(filter, look); !read) return read;
  if (Result<> begun = database.begin(busy_tries); !begun) return begun;
  // Nobody else writes now: what came while the log was read is little.
  if (Result<> read = log.read_on(look); !read) return read;
  const Result<std::int64_t> end = number_of(database, "SELECT MAX(id) FROM synapse_events");
  if (!end) return end.error();
  if (Result<> written = insert(database, leases.renewed(now)); !written) return written;
  if (Result<> done = database.commit(); !done) return done;
  const Result<std::uint64_t> erased = erase_renewals(database, result.floor_seq, *end);
  if (!erased) return erased.error();
  result.renewals = *erased;
  return {};
}

// How many of these records there were.
Result<std::uint64_t> erase(Database& database, std::span<const std::int64_t> seqs) {
  Result<Statement> erasing = database.prepare("DELETE FROM events WHERE seq = ?");
  if (!erasing) return erasing.error();
  std::uint64_t erased = 0;
  while (!seqs.empty()) {
    const auto some = seqs.first(std::min(seqs.size(), deletes_per_transaction));
    if (Result<> begun = database.begin(busy_tries); !begun) return begun.error();
    for (const std::int64_t seq : some) {
      erasing->bind(1, seq);
      if (Result<> done = database.run(*erasing); !done) return done.error();
      erased += static_cast<std::uint64_t>(sqlite3_changes(database.handle()));
    }
    if (Result<> done = database.commit(); !done) return done.error();
    seqs = seqs.subspan(some.size());
  }
  return erased;
}

Result<Database> open_for_writing(const std::filesystem::path& file) {
  Result<Database> database = Database::open(file, SQLITE_OPEN_READWRITE, nullptr);
  if (!database) return database;
  database->set_busy_timeout(default_busy_timeout);
  // What a power cut brings back is found again by the next compaction.
  if (Result<> sync = database->run("PRAGMA synchronous=NORMAL"); !sync) return sync.error();
  return database;
}

}  // namespace

Result<> check(const CompactionPolicy& policy) {
  if (std::holds_alternative<CompactionPolicy::Nobody>(policy.consumed)) {
    return fail(ErrorCode::bad_argument,
                "compact needs to know what readers have consumed: give --floor-seq N, the lowest "
                "number that every reader has got to, or --all if none lags behind");
  }
  if (!policy.checkpoints_per_task_max && !policy.finding_grace) {
    return fail(ErrorCode::bad_argument,
                "compact needs to know what may go: give --max-checkpoints-per-task N, "
                "--finding-grace-seconds S, or both");
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
  if (const auto* floor = std::get_if<std::int64_t>(&policy.consumed)) {
    result.floor_seq = std::max<std::int64_t>(0, *floor);
  } else {
    const Result<std::int64_t> last = number_of(*database, "SELECT MAX(seq) FROM events");
    if (!last) return last.error();
    result.floor_seq = *last;
  }

  if (Result<> done = settle_renewals(*log, *database, now, result); !done) return done.error();

  Sweep sweep(policy, result.floor_seq, now);
  LogFilter filter = everything();
  filter.kinds = {std::string(kind::checkpoint), std::string(kind::finding)};
  const Result<> read = log->read(filter, [&](const RecordView& record) {
    sweep.look_at(record);
    return record.seq < result.floor_seq;
  });
  if (!read) return read.error();

  const Result<std::uint64_t> checkpoints = erase(*database, sweep.checkpoints());
  if (!checkpoints) return checkpoints.error();
  result.checkpoints = *checkpoints;
  const Result<std::uint64_t> findings = erase(*database, sweep.findings());
  if (!findings) return findings.error();
  result.findings = *findings;

  if (policy.vacuum == CompactionPolicy::Vacuum::yes) {
    if (Result<> done = database->run("VACUUM"); !done) return done.error();
    // Only with the WAL emptied does the file get smaller; a reader in the way leaves that to the
    // hub.
    static_cast<void>(database->empty_wal());
  }
  return result;
}

}  // namespace synapse::store
