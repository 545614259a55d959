// SPDX-License-Identifier: AGPL-3.0-or-later
// All that a command may touch of the process it runs in. main() fills it from the real process and
// tests from strings and fixed values; a command that reached past it could not be tested.
#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/environment.hpp"
#include "base/signals.hpp"

namespace synapse::cli {

using base::OnSignal;
using base::Signal;
using base::SignalSource;
using base::SignalWatch;
using base::sleep_unless_signalled;

struct Context {
  std::ostream& out;
  std::ostream& err;
  const base::Environment& environment;
  const base::Clock& clock;
  SignalSource& signals;
  std::function<double()> random;  // Uniform in [0, 1).
  std::filesystem::path folder;    // The working directory.
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  std::filesystem::path program = {};  // This executable, free of links.
  std::string started_as = {};         // Its name as its starter gave it: argv[0].
  // What is the same for all that runs in this terminal; blank: not known. Only asked if needed.
  std::function<std::string()> session = [] { return std::string(); };
  // Of the user who sits at a terminal, asked this; nothing: nobody does, or there is no answer.
  std::function<std::optional<std::string>(const std::string& question)> ask =
      [](const std::string&) { return std::nullopt; };
  std::size_t columns = 80;         // Of the terminal that out is.
  std::string command = "synapse";  // What runs, as typed: it begins each complaint.
};

// How long from now until `end`, rounded up; 0 once it has passed.
[[nodiscard]] inline std::chrono::milliseconds time_until(const Context& context, base::Mono end) {
  const base::Mono left = end - context.clock.now().mono;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(left), std::chrono::milliseconds(0));
}

// Seconds as given on the command line, for calls that take milliseconds.
[[nodiscard]] inline std::chrono::milliseconds to_milliseconds(double seconds) {
  return std::chrono::ceil<std::chrono::milliseconds>(base::from_seconds(seconds));
}

}  // namespace synapse::cli
