// SPDX-License-Identifier: AGPL-3.0-or-later
// What an agent that runs for long tells people on stderr: a line a message, as text or as JSON.
// (A hub has its own, hub/logger.hpp, which any thread may use.) From one thread at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"

namespace synapse::cli {

enum class LogLevel : std::size_t { debug, info, warning, error, critical };

struct LogOptions {
  std::size_t format = 0;  // Text, or JSON.
  std::size_t level = static_cast<std::size_t>(LogLevel::info);
};

void add_log_options(OptionSet& set, LogOptions& options);

class LogLines {
 public:
  // `name` is the agent's; the context must outlive it.
  LogLines(Context& context, std::string_view name, const LogOptions& options);

  // Escaped here: the message may be anybody's.
  void write(LogLevel level, std::string_view message) const;

 private:
  Context& context_;
  std::string name_;
  LogOptions options_;
};

}  // namespace synapse::cli
