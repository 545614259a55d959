// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/past/past_log.hpp"

#include <algorithm>

#include "cli/output/render.hpp"
#include "core/scope.hpp"
#include "store/replay.hpp"

namespace synapse::cli {

namespace {

// The log up to a moment, for the replay.
class LogUntil final : public store::EventStore {
 public:
  LogUntil(store::LogReader& log, const PastTime& when) : log_(log), when_(when) {}

  [[nodiscard]] Result<> append(std::span<const store::Entry>) override {
    return fail(ErrorCode::read_only);
  }
  [[nodiscard]] Result<> read(const std::function<bool(const store::RecordView&)>& sink) override {
    store::LogFilter filter;
    filter.own = store::LogFilter::Own::read;
    return log_.read(filter, [&](const store::RecordView& record) {
      // What stands behind that event and came later has not happened yet.
      const bool is_at_end = when_.seq && record.seq == *when_.seq;
      const bool counts_time = !when_.seq || (is_at_end && record.table != store::Table::events);
      const bool is_later = counts_time ? record.ts > when_.wall : record.seq > *when_.seq;
      if (is_later) return false;
      last_seq = record.seq;
      return sink(record);
    });
  }

  std::int64_t last_seq = 0;

 private:
  store::LogReader& log_;
  PastTime when_;
};

// When it was: of a number, the time of its event, or of the next that is left.
Result<double> wall_of(store::LogReader& log, const PastTime& when) {
  if (!when.seq) return when.wall;
  store::LogFilter only;
  only.after = *when.seq - 1;
  only.limit = 1;
  double wall = when.wall;
  const Result<> read = log.read(only, [&](const store::RecordView& record) {
    wall = record.ts;
    return false;
  });
  if (!read) return read.error();
  return wall;
}

}  // namespace

void add_log_file(OptionSet& set, PastOptions& options) {
  set.text({"--db", "FILE", "the event log of a hub, running or not [~/synapse/hub.db]"},
           options.db);
}

void add_span(OptionSet& set, PastOptions& options) {
  set.text({"--since", "TIME", "from then on: 14:03, -10m, 2026-11-30, or an event's number"},
           options.since);
  set.text({"--until", "TIME", "up to then"}, options.until);
}

Result<store::LogReader> open_past(const Context& context, const PastOptions& options) {
  if (options.db) return store::LogReader::open(*options.db);
  const std::string home = context.environment.get("HOME").value_or("");
  const std::filesystem::path usual = std::filesystem::path(home) / "synapse" / "hub.db";
  std::error_code error;
  if (home.empty() || !std::filesystem::exists(usual, error)) {
    return fail(ErrorCode::not_found,
                "there is no log at the usual place; name one with --db (the hub's own --db)");
  }
  return store::LogReader::open(usual);
}

bool is_about(const PastEvent& event, const std::string& path) {
  if (!event.has_files) return false;
  if (event.paths.empty()) return true;
  return std::any_of(event.paths.begin(), event.paths.end(),
                     [&](const std::string& one) { return core::paths_contend(one, path); });
}

bool PastFilter::is_before(const PastEvent& event) const {
  return since_seq ? event.seq < *since_seq : event.ts < since;
}

bool PastFilter::is_after(const PastEvent& event) const {
  return until_seq ? event.seq > *until_seq : event.ts > until;
}

bool PastFilter::passes(const PastEvent& event) const {
  if (is_before(event) || is_after(event)) return false;
  if (kinds.empty() ? !is_told(event.kind)
                    : std::find(kinds.begin(), kinds.end(), event.kind) == kinds.end()) {
    return false;
  }
  if (agent && !is_in(event.agent, *agent) && !is_in(event.other, *agent)) return false;
  if (task && event.task_id != *task) return false;
  return !path || is_about(event, *path);
}

Result<> set_span(const PastOptions& options, double now, PastFilter& filter) {
  if (options.since) {
    const Result<PastTime> since = parse_past_time(*options.since, now);
    if (!since) return since.error();
    filter.since_seq = since->seq;
    if (!since->seq) filter.since = since->wall;
  }
  if (options.until) {
    const Result<PastTime> until = parse_past_time(*options.until, now);
    if (!until) return until.error();
    filter.until_seq = until->seq;
    if (!until->seq) filter.until = until->wall;
  }
  return {};
}

Result<std::optional<LogBeginning>> beginning_of(store::LogReader& log) {
  std::optional<LogBeginning> first;
  const Result<> read = log.read({}, [&](const store::RecordView& record) {
    first = LogBeginning{record.seq, record.ts};
    return false;
  });
  if (!read) return read.error();
  if (first && first->seq <= 1) first.reset();
  return first;
}

std::string say_beginning(const std::optional<LogBeginning>& beginning) {
  if (!beginning) return "";
  return "the log begins at " + date_and_time(beginning->ts) + ", event " +
         std::to_string(beginning->seq) + ": what was before was compacted";
}

Result<PastState> state_at(store::LogReader& log, const PastTime& when) {
  const Result<double> wall = wall_of(log, when);
  if (!wall) return wall.error();
  LogUntil until(log, {*wall, when.seq});
  core::Limits limits;
  PastState state;
  state.machine = std::make_unique<core::Machine>(limits);
  // Monotonic time is counted from far enough that no lease began before it.
  const Moment start{*wall, base::from_seconds(*wall)};
  const Result<store::ReplayReport> replayed =
      store::replay(until, *state.machine, start, [](std::int64_t, const Error&) {});
  if (!replayed) return replayed.error();
  state.seq = until.last_seq;
  state.ts = *wall;
  return state;
}

}  // namespace synapse::cli
