// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/past/past_log.hpp"

#include <filesystem>

namespace synapse::cli {

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

Result<> set_span(const PastOptions& options, double now, past::EventFilter& filter) {
  if (options.since) {
    const Result<past::When> since = parse_past_time(*options.since, now);
    if (!since) return since.error();
    filter.since = *since;
  }
  if (options.until) {
    const Result<past::When> until = parse_past_time(*options.until, now);
    if (!until) return until.error();
    filter.until = *until;
  }
  return {};
}

std::string say_beginning(const std::optional<past::LogBeginning>& beginning) {
  if (!beginning) return "";
  return "the log begins at " + date_and_time(beginning->ts) + ", event " +
         std::to_string(beginning->seq) + ": what was before was compacted";
}

}  // namespace synapse::cli
