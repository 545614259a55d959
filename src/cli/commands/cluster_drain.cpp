// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse cluster drain: sends the agents of one hub to the others, before that one is stopped.
#include <csignal>
#include <ostream>

#include "cli/client/cluster_hubs.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

struct DrainArguments {
  ConnectionOptions connection;
  std::string hub;
  bool undo = false;
};

bool is_draining(const Json& status, const std::string& name) {
  const Json& hubs = member(status, "hubs");
  for (const Json& hub : hubs.is_array() ? hubs : Json::array()) {
    if (text_of(hub, "name") == name) return member(hub, "draining") == true;
  }
  return false;
}

// Until the hub that was asked has it from the bus's log.
Result<> wait_until_known(Context& context, const AgentOptions& settings, const std::string& name,
                          bool is_wanted) {
  constexpr std::chrono::milliseconds pause(50);
  const auto watch = context.signals.watch({SIGINT, SIGTERM});
  const base::Mono end = context.clock.now().mono + std::chrono::seconds(15);
  for (;;) {
    const Result<Json> status = ask_cluster_status(settings);
    if (!status) return status.error();
    if (is_draining(*status, name) == is_wanted) return {};
    if (time_until(context, end).count() == 0 || sleep_unless_signalled(*watch, pause)) {
      return fail(ErrorCode::timed_out, "the bus has not taken it yet; see synapse cluster status");
    }
  }
}

int run_drain(Context& context, const DrainArguments& options) {
  const Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  const Result<Json> taken = tell_cluster(
      *settings, {"/cluster/drain",
                  {{"Synapse-Hub", options.hub}, {"Synapse-Drain", options.undo ? "off" : "on"}},
                  settings->ready_timeout});
  if (!taken) return explain_cluster(context, taken.error());
  const std::string name = text_of(*taken, "hub");
  if (const Result<> known = wait_until_known(context, *settings, name, !options.undo); !known) {
    return explain_cluster(context, known.error());
  }
  context.out << shown(name) << ' ' << shown(*taken, "url");
  if (options.undo) {
    context.out << " takes sockets again\n";
  } else {
    context.out << " takes no sockets any more; its agents go on at the others. It stays one of "
                   "the bus until it is stopped.\n";
  }
  return exit_code::ok;
}

}  // namespace

Runner cluster_drain(OptionSet& set) {
  auto options = std::make_shared<DrainArguments>();
  set.argument("HUB", options->hub, "its name or its address, as synapse cluster status has them");
  set.flag("--undo", options->undo, "let it take sockets again, as a restart does");
  add_hub_options(set, options->connection);
  set.example("synapse cluster drain ws://a:8876 --uri ws://a:8876,ws://b:8876,ws://c:8876");
  return runner(options, run_drain);
}

}  // namespace synapse::cli::commands
