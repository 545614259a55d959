// SPDX-License-Identifier: AGPL-3.0-or-later
// The log of a hub, running or not, as the commands about the past are told which it is and which
// part of it is wanted.
#pragma once

#include <optional>
#include <string>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"
#include "cli/past/past_time.hpp"
#include "past/event_filter.hpp"
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

// Takes --since and --until. Errors: bad_argument.
[[nodiscard]] Result<> set_span(const PastOptions& options, double now, past::EventFilter& filter);

// A sentence that says where a log begins; blank where that is its first event.
[[nodiscard]] std::string say_beginning(const std::optional<past::LogBeginning>& beginning);

}  // namespace synapse::cli
