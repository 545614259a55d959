// SPDX-License-Identifier: AGPL-3.0-or-later
// Shows the agents that have claimed a file: the live claims that a claim of it would meet, by the
// hub's own rules. Exits with 1 if there are none.
#include <algorithm>
#include <limits>
#include <ostream>

#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"
#include "core/scope.hpp"
#include "core/scope_index.hpp"
#include "git/claim_scope.hpp"

namespace synapse::cli::commands {

namespace {

struct WhoHoldsArguments {
  ConnectionOptions connection;
  std::string path;
  std::optional<std::string> worktree;
  bool json = false;
};

// The claims of a snapshot, to be found by what they cover.
class Holders {
 public:
  explicit Holders(const Json& claims) : claims_(claims) {
    leases_.reserve(claims.size());
    for (const Json& claim : claims) {
      core::Lease& lease = leases_.emplace_back();
      // By its number: an owner's claims may overlap.
      lease.task_id = TaskId(std::to_string(leases_.size()));
      lease.owner = AgentName(text_of(claim, "owner"));
      lease.worktree = text_of(claim, "worktree");
      lease.paths = texts_of(claim, "paths");
      if (text_of(claim, "scope") == "none") lease.coverage = core::Coverage::none;
      index_.add(lease);
    }
  }

  [[nodiscard]] std::vector<const Json*> of(const git::ClaimScope& scope) const {
    std::vector<std::string> paths;
    for (const std::string& path : scope.paths) paths.push_back(core::normalise_path(path));
    // A command on its own may take its time.
    core::Effort effort(std::numeric_limits<std::size_t>::max());
    std::vector<const core::Lease*> found =
        index_.conflicts(scope.worktree, paths, AgentName("nobody, who asks"), effort);
    std::sort(found.begin(), found.end());
    std::vector<const Json*> holders;
    for (const core::Lease* lease : found) {
      holders.push_back(&claims_.at(static_cast<std::size_t>(lease - leases_.data())));
    }
    return holders;
  }

 private:
  const Json& claims_;
  std::vector<core::Lease> leases_;
  core::ScopeIndex index_;
};

std::string line_of(const Context& context, const Json& claim) {
  const std::string paths = base::join(texts_of(claim, "paths"), ", ");
  return "  " + shown(claim, "owner") + " under '" + shown(claim, "task_id") + "' (" +
         (paths.empty() ? "the whole worktree" : shown(paths)) +
         "): " + lease_detail(context, claim) + "\n";
}

int show(Context& context, const WhoHoldsArguments& options, const Json& claims,
         const git::ClaimScope& scope) {
  const std::vector<const Json*> found = Holders(claims).of(scope);
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
    context.err << '[' << shown(settings->name) << "] " << refusal(*reply) << '\n';
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
