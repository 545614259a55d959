// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"

namespace synapse::cli::commands {

namespace {

// Says nothing of the hub: the exit code is the answer, for container and service probes.
int run(Context& context, const ConnectionOptions& options) {
  const Result<AgentOptions> settings = agent_options(context, options);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  const Result<> connected = agent.connect();
  // Another probe at the same moment has the name: the hub that says so is up.
  const bool up = connected || connected.error().code == ErrorCode::name_conflict;
  return up ? exit_code::ok : exit_code::failed;
}

}  // namespace

Runner health(OptionSet& set) {
  auto options = std::make_shared<ConnectionOptions>();
  options->name = "HEALTH";
  add_connection_options(set, *options);
  set.example("synapse health --ready-timeout 1 || systemctl --user restart synapse-hub");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
