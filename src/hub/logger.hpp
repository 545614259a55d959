// SPDX-License-Identifier: AGPL-3.0-or-later
// The hub's log for people (not the event log): one line a message on stderr, as text or as JSON,
// or one call a message of the program that a hub is part of, which may leave it out. Control
// characters are escaped, so a name or a message can't write to the terminal.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "hub/run.hpp"
#include "synapse/hub.hpp"

namespace synapse::hub {

class Logger {
 public:
  Logger(LogFormat format, LogLevel level);
  explicit Logger(HubOptions::Log log);

  // From any thread.
  void info(std::string_view message) const;
  void warning(std::string_view message) const;
  void error(std::string_view message) const;

 private:
  void write(LogLevel level, std::string_view message) const;

  std::function<void(LogLevel level, std::string line)> sink_;
};

}  // namespace synapse::hub
