// SPDX-License-Identifier: AGPL-3.0-or-later
// Shows the agents that have claimed a file: the live claims that a claim of it would meet, by the
// hub's own rules. Exits with 1 if there are none.
#include <ostream>

#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"
#include "client/holders.hpp"
#include "git/claim_scope.hpp"

namespace synapse::cli::commands {

namespace {

struct WhoHoldsArguments {
  ConnectionOptions connection;
  std::string path;
  std::optional<std::string> worktree;
  bool json = false;
};

std::string line_of(const Context& context, const Json& claim) {
  const std::string paths = shown_paths(claim);
  return "  " + shown(claim, "owner") + " under '" + shown(claim, "task_id") + "' (" +
         (paths.empty() ? "the whole worktree" : paths) + "): " + lease_detail(context, claim) +
         "\n";
}

int show(Context& context, const WhoHoldsArguments& options, const Json& claims,
         const git::ClaimScope& scope) {
  const std::vector<const Json*> found = client::Holders(claims).of(scope.worktree, scope.paths);
  if (options.json) {
    Json answer = Json::array();
    for (const Json* claim : found) answer.push_back(*claim);
    context.out << render_json(answer);
  } else {
    context.out << shown(options.path) << (found.empty() ? ": nobody" : ":") << '\n';
    for (const Json* claim : found) context.out << line_of(context, *claim);
  }
  return found.empty() ? exit_code::failed : exit_code::ok;
}

int run(Context& context, const WhoHoldsArguments& options) {
  const Result<git::ClaimScope> scope = git::resolve_claim_scope(
      {{options.path}, context.folder, options.worktree}, context.environment);
  if (!scope) return explain_usage(context, scope.error());
  const Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  if (const Result<> connected = agent.connect(); !connected) {
    return without_hub(context, *settings, connected.error());
  }
  const Result<Reply> reply = agent.state();
  if (!reply) {
    explain_silence(context, *settings, reply.error());
    return exit_code::unreachable;
  }
  if (!reply->granted) {
    context.err << context.command << ": " << refusal(*reply) << '\n';
    return exit_code::unreachable;
  }
  const Json& claims = member(member(*reply->frame, "snapshot"), "active_claims");
  return show(context, options, claims, *scope);
}

}  // namespace

Runner who_holds(OptionSet& set) {
  auto options = std::make_shared<WhoHoldsArguments>();
  set.argument("PATH", options->path, "a file, folder or glob");
  set.text({"--worktree", "TEXT", "what the paths are of [the repository that they lie in]"},
           options->worktree);
  set.flag("--json", options->json, "print the claims as one JSON document");
  add_connection_options(set, options->connection);
  set.example("synapse who-holds src/a.c");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
