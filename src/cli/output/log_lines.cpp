// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/log_lines.hpp"

#include <array>
#include <ctime>
#include <ostream>
#include <vector>

#include "cli/output/render.hpp"

namespace synapse::cli {

namespace {

const std::vector<std::string>& level_names() {
  static const std::vector<std::string> names{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};
  return names;
}

// To the second, in UTC: 2026-11-22T14:36:18Z.
std::string time_text(double wall) {
  const auto seconds = static_cast<std::time_t>(wall);
  std::tm parts{};
  std::array<char, 32> text{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "";
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

}  // namespace

void add_log_options(OptionSet& set, LogOptions& options) {
  set.choice({"--log-format", "FORMAT", "of its own messages on stderr: text or json"},
             options.format, {"text", "json"});
  set.choice({"--log-level", "LEVEL", "the least of them: DEBUG, INFO, WARNING, ERROR, CRITICAL"},
             options.level, level_names());
}

LogLines::LogLines(Context& context, std::string_view name, const LogOptions& options)
    : context_(context), name_(shown(name)), options_(options) {}

void LogLines::write(LogLevel level, std::string_view message) const {
  const auto number = static_cast<std::size_t>(level);
  if (number < options_.level) return;
  if (options_.format == 0) {
    context_.err << '[' << name_ << "] " << shown(message) << std::endl;
    return;
  }
  const Json line = {{"time", time_text(context_.clock.now().wall)},
                     {"level", level_names()[number]},
                     {"name", name_},
                     {"message", std::string(message)}};
  context_.err << wire::json_text(line, wire::JsonLayout::ascii_line) << std::endl;
}

}  // namespace synapse::cli
