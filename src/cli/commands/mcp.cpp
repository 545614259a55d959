// SPDX-License-Identifier: AGPL-3.0-or-later
// A server of the Model Context Protocol for the assistant that starts it. Its stdout is the
// protocol's alone: what there is to say to people goes to stderr.
#include "mcp/bridge.hpp"

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "cli/commands/commands.hpp"
#include "cli/connection.hpp"
#include "cli/exit_code.hpp"
#include "cli/render.hpp"
#include "git/claim_scope.hpp"
#include "mcp/stdio.hpp"

namespace synapse::cli::commands {

namespace {

struct Options {
  ConnectionOptions connection;
  double request_timeout = 5;
  double lease_ttl = 600;
  std::string folder;
  std::optional<std::string> worktree;
};

synapse::mcp::ScopeResolver scope_resolver(const Context& context, const Options& options) {
  return [folder = context.folder / options.folder, worktree = options.worktree,
          &environment = context.environment](
             const std::vector<std::string>& paths) -> Result<synapse::mcp::ClaimScope> {
    if (worktree) return synapse::mcp::ClaimScope{*worktree, paths};
    Result<git::ClaimScope> scope = git::resolve_claim_scope(paths, folder, environment);
    if (!scope) return scope.error();
    return synapse::mcp::ClaimScope{std::move(scope->worktree), std::move(scope->paths)};
  };
}

// The same world, in which everything that is said goes to stderr.
Context speaking_aside(const Context& context) {
  return {context.err,
          context.err,
          context.environment,
          context.clock,
          context.signals,
          context.random,
          context.folder,
          context.err_is_terminal,
          context.err_is_terminal};
}

int report(Context& context, const Options& options, synapse::mcp::StdioEnd end) {
  using synapse::mcp::StdioEnd;
  switch (end) {
    case StdioEnd::input_ended:
    case StdioEnd::stopped:
      return exit_code::ok;
    case StdioEnd::client_gone:
      context.err << '[' << shown(options.connection.name) << "] the client closed its end\n";
      return exit_code::failed;
    case StdioEnd::client_stuck:
      context.err << '[' << shown(options.connection.name)
                  << "] the client has not read its answers for too long\n";
      return exit_code::failed;
  }
  return exit_code::failed;
}

int run(Context& real_context, const Options& options) {
  Context context = speaking_aside(real_context);
  Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  if (std::error_code error;
      !std::filesystem::is_directory(context.folder / options.folder, error)) {
    return explain_usage(context, fail(ErrorCode::bad_argument,
                                       "--folder " + shown(options.folder) + " is no folder"));
  }
  settings->request_timeout = to_milliseconds(options.request_timeout);

  // SIGPIPE as well: a write to a client that is gone is then an error and no end.
  const auto watch = context.signals.watch({SIGINT, SIGTERM, SIGHUP, SIGPIPE});
  const auto lease_ttl =
      std::chrono::ceil<std::chrono::seconds>(to_milliseconds(options.lease_ttl));
  synapse::mcp::Bridge bridge({*settings, scope_resolver(context, options), lease_ttl},
                              context.clock);
  {
    OnSignal stop(*watch, [&bridge] { bridge.stop(); });
    const Result<> connected = bridge.connect();
    if (stop.end()) return exit_code::ok;
    if (!connected) return explain_failure(context, *settings, connected.error());
  }
  synapse::mcp::StdioOptions ends;
  ends.in = STDIN_FILENO;
  ends.out = STDOUT_FILENO;
  ends.stop = watch->descriptor();
  const synapse::mcp::StdioEnd end = serve_stdio(bridge, ends);
  // One that stayed in the watch would end the process when the watch does.
  while (watch->take()) continue;
  return report(context, options, end);
}

}  // namespace

Runner mcp(OptionSet& set) {
  auto options = std::make_shared<Options>();
  options->connection.name = "synapse-mcp";
  set.number({"--request-timeout", "SECONDS", "how long a tool call waits for the hub"},
             options->request_timeout, {0.001, 86'400});
  set.number({"--ttl", "SECONDS", "length of leases, which are renewed while the session lives"},
             options->lease_ttl, {30, 30 * 86'400});
  set.text({"--folder", "DIR", "where paths are taken from [the folder it is started in]"},
           options->folder);
  set.text({"--worktree", "TEXT", "what paths are of [the git top level]"}, options->worktree);
  add_connection_options(set, options->connection);
  set.example("claude mcp add synapse -- synapse mcp --name shop/claude");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
