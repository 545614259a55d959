// SPDX-License-Identifier: AGPL-3.0-or-later
// The log of a hub, running or not, as the commands about the past read it: which events are
// wanted, and the state as it was.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"
#include "cli/past/past_time.hpp"
#include "cli/past/story.hpp"
#include "core/machine.hpp"
#include "store/log_reader.hpp"

namespace synapse::cli {

struct PastOptions {
  std::optional<std::string> db;
  std::optional<std::string> since;
  std::optional<std::string> until;
};
void add_log_file(OptionSet& set, PastOptions& options);
void add_span(OptionSet& set, PastOptions& options);

// The log: as given, else the one of the hub that `synapse init` sets up. Errors: not_found,
// corrupt, io_error.
[[nodiscard]] Result<store::LogReader> open_past(const Context& context,
                                                 const PastOptions& options);

struct PastFilter {
  std::optional<std::string> agent;  // Or a project.
  std::optional<std::string> task;
  std::optional<std::string> path;  // Or a pattern; normalised.
  std::vector<std::string> kinds;   // None: all that are told unless asked for.
  double since = 0;
  double until = 1e300;
  std::optional<std::int64_t> since_seq;
  std::optional<std::int64_t> until_seq;

  [[nodiscard]] bool passes(const PastEvent& event) const;
  // Whether the event is before the span, or after it.
  [[nodiscard]] bool is_before(const PastEvent& event) const;
  [[nodiscard]] bool is_after(const PastEvent& event) const;
};
// Takes --since and --until. Errors: bad_argument.
[[nodiscard]] Result<> set_span(const PastOptions& options, double now, PastFilter& filter);

// Whether an event is about files that a path or pattern meets.
[[nodiscard]] bool is_about(const PastEvent& event, const std::string& path);

// Where a log begins: compaction may have taken what was before. Nothing for one that begins with
// its first event, or is empty.
struct LogBeginning {
  std::int64_t seq = 0;
  double ts = 0;
};
[[nodiscard]] Result<std::optional<LogBeginning>> beginning_of(store::LogReader& log);
// A sentence that says so; blank where it begins with its first event.
[[nodiscard]] std::string say_beginning(const std::optional<LogBeginning>& beginning);

// The machine as it was then. Leases that had run out by then are among its leases still: whoever
// asks compares their ends.
struct PastState {
  std::unique_ptr<core::Machine> machine;
  std::int64_t seq = 0;  // Of the last event before it; 0: there is none.
  double ts = 0;         // When it was; of a number, the time of its event.
};
[[nodiscard]] Result<PastState> state_at(store::LogReader& log, const PastTime& when);

}  // namespace synapse::cli
