// SPDX-License-Identifier: AGPL-3.0-or-later
// A command that runs beside a shell or another program and must not outlive it: how `arm` is
// started by the shell hooks and by worker-session.
//
// It can't be left to SIGHUP or to a parent that cleans up: a terminal that is closed signals only
// what is in its foreground, and a shell that is killed cleans up nothing. So the command watches
// that process itself.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"

namespace synapse::cli {

struct BackgroundOptions {
  std::optional<pid_t> while_pid;
  std::optional<std::string> pid_file;
  bool replace = false;
  std::optional<std::string> log;
  bool keep_log = false;
};

void add_background_options(OptionSet& set, BackgroundOptions& options);

// Runs the work with a watch of SIGINT, SIGTERM and SIGHUP, in which the end of the watched process
// shows as a SIGHUP. Where another process holds the pid file, nothing is run and the exit code is
// ok: what was asked for is being done. The work's out and err are the log if there is one. With a
// process to watch, this one takes no part any more in that process's terminal or working
// directory.
[[nodiscard]] int run_beside(Context& context, const BackgroundOptions& options,
                             const std::function<int(Context&, SignalWatch&)>& work);

}  // namespace synapse::cli
