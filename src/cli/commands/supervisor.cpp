// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/supervisor.hpp"

#include <atomic>
#include <csignal>
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

struct SupervisorArguments {
  ConnectionOptions connection;
  double idle_seconds = 300;
  double interval = 30;
};

int run(Context& context, const SupervisorArguments& options) {
  Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  settings->kind = AgentOptions::Kind::agent;
  settings->reconnect = AgentOptions::Reconnect::always;
  const std::string tag = '[' + shown(settings->name) + "] ";
  workers::Supervisor::Events events;
  events.reopened = [&context, tag](const workers::Reopening& reopening) {
    context.out << tag << "opened " << shown(reopening.task_id) << " again: " << reopening.why
                << std::endl;
  };

  const auto watch = context.signals.watch({SIGINT, SIGTERM});
  Agent agent(*settings);
  std::atomic<bool> stopping = false;
  OnSignal stop(*watch, [&] {
    stopping = true;
    agent.stop();
  });
  events.trouble = [&context, &stopping, tag](const std::string& line) {
    if (!stopping) context.err << tag << shown(line) << std::endl;
  };
  if (const std::optional<int> code = connect(context, agent, *settings)) {
    return stop.end() ? exit_code::ok : *code;
  }
  context.out << tag << "watching the plan." << std::endl;
  workers::Supervisor supervisor(agent, options.idle_seconds, to_milliseconds(options.interval),
                                 std::move(events));
  const Error why = supervisor.serve();
  if (!stop.end()) {
    context.err << tag << "stopped: " << shown(why.message) << '\n';
    return exit_code::failed;
  }
  context.out << tag << "stopped.\n";
  return exit_code::ok;
}

}  // namespace

Runner supervisor(OptionSet& set) {
  auto options = std::make_shared<SupervisorArguments>();
  options->connection.role = "SUPERVISOR";
  set.number({"--idle-seconds", "SECONDS",
              "without a change, a note or a renewed claim before a task in progress is opened "
              "again"},
             options->idle_seconds, {0, 30 * 86'400.0});
  set.number({"--interval", "SECONDS", "between two looks at the plan"}, options->interval,
             {1, 86'400});
  add_connection_options(set, options->connection);
  set.example("synapse supervisor --idle-seconds 900");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
