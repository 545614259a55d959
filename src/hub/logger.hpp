// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub's log for people (not the event log): one line a message on stderr, as text or as JSON.
// Control characters are escaped, so a name or a message can't write to the terminal.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "hub/run.hpp"

namespace synapse::hub {

class Logger {
 public:
  Logger(LogFormat format, LogLevel level);
  ~Logger();

  // From any thread.
  void info(std::string_view message) const;
  void warning(std::string_view message) const;
  void error(std::string_view message) const;

 private:
  class Impl;
  void write(LogLevel level, std::string_view message) const;
  std::unique_ptr<Impl> impl_;
};

}  // namespace synapse::hub
