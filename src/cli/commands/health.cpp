// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"

namespace synapse::cli::commands {

namespace {

// Says nothing of the hub: the exit code is the answer, for container and service probes.
int run(Context& context, const ConnectionOptions& options) {
  const Result<AgentOptions> settings = observer_options(context, options);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  return agent.connect() ? exit_code::ok : exit_code::failed;
}

}  // namespace

Runner health(OptionSet& set) {
  auto options = std::make_shared<ConnectionOptions>();
  add_connection_options(set, *options);
  set.example("synapse health --ready-timeout 1 || systemctl --user restart synapse-hub");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
