// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/client/waiter.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

struct WaitArguments {
  WaiterOptions waiter;
  double timeout = 0;
  bool directed_only = false;
};

int run(Context& context, const WaitArguments& options) {
  WaiterOptions waiter = options.waiter;
  if (options.directed_only) waiter.wake_on = wire::WakeOn::directed;
  const Result<AgentOptions> settings = waiter_agent_options(context, waiter);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  const Result<> connected = agent.connect();
  // A hub that goes while it welcomes is lost like one that goes later.
  const bool lost = !connected && connected.error().code == ErrorCode::closed;
  if (!connected && !lost) return explain_failure(context, *settings, connected.error());
  if (!lost) {
    std::optional<std::chrono::milliseconds> timeout;
    if (options.timeout > 0) timeout = to_milliseconds(options.timeout);
    const Result<WaitOutcome> outcome = Waiter(context, agent, waiter).wait(timeout);
    if (outcome) {
      return *outcome == WaitOutcome::woken ? exit_code::ok : exit_code::wait_timed_out;
    }
  }
  context.out << '[' << shown(settings->name) << "] connection to " << shown(settings->uri)
              << " closed; re-arm the waiter.\n";
  return exit_code::wait_connection_lost;
}

}  // namespace

Runner wait(OptionSet& set) {
  auto options = std::make_shared<WaitArguments>();
  set.number({"--timeout", "SECONDS", "give up after this long; 0: never"}, options->timeout,
             {0, 1e9});
  set.flag(
      "--directed-only", options->directed_only,
      "sleep through messages to all, but for those with priority and those from the sender CEO");
  add_waiter_options(set, options->waiter);
  set.example("synapse wait --name shop/alice          # as shop/alice-rx");
  set.example("synapse wait --name shop/alice --directed-only --timeout 600");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
