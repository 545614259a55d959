// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/output/render.hpp"
#include "git/conflicts.hpp"

namespace synapse::cli::commands {

namespace {

struct ConflictsArguments {
  ConnectionOptions connection;
  bool check_diff = false;
  bool json = false;
};

std::string side(const git::BranchClaim& claim) {
  return shown(claim.owner) + "@" + shown(claim.branch);
}

Json claim_json(const git::BranchClaim& claim) {
  return {{"task_id", claim.task_id},
          {"owner", claim.owner},
          {"branch", claim.branch},
          {"base", claim.base}};
}

Json conflicts_json(const std::vector<git::PredictedConflict>& conflicts) {
  Json list = Json::array();
  for (const git::PredictedConflict& conflict : conflicts) {
    list.push_back({{"first", claim_json(*conflict.first)},
                    {"second", claim_json(*conflict.second)},
                    {"paths", conflict.paths}});
  }
  return list;
}

std::string line_of(const git::PredictedConflict& conflict) {
  const std::string where =
      conflict.paths.empty() ? "the whole worktree" : shown_paths(conflict.paths);
  return "  " + side(*conflict.first) + " vs " + side(*conflict.second) +
         " (both -> base): " + where + "\n";
}

int run(Context& context, const ConflictsArguments& options) {
  const Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  std::vector<git::BranchClaim> claims;
  {
    Agent agent(*settings);
    if (const std::optional<int> code = connect(context, agent, *settings)) return *code;
    const Result<Reply> reply = agent.state();
    if (!reply) return explain_silence(context, *settings, reply.error());
    if (!reply->granted) {
      context.err << context.command << ": " << refusal(*reply) << '\n';
      return exit_code::failed;
    }
    claims = branch_claims_of(*reply->frame);
  }
  std::vector<git::PredictedConflict> conflicts = git::predict_conflicts(claims);
  if (options.check_diff && !conflicts.empty()) {
    conflicts = git::with_changed_files(std::move(conflicts),
                                        git::Git(context.folder, context.environment));
  }
  if (options.json) {
    context.out << render_json(conflicts_json(conflicts));
    return conflicts.empty() ? exit_code::ok : exit_code::conflicts_predicted;
  }
  if (conflicts.empty()) {
    context.out << "No predicted conflicts.\n";
    return exit_code::ok;
  }
  context.out << "Predicted conflicts (" << conflicts.size() << "):\n";
  for (const git::PredictedConflict& conflict : conflicts) context.out << line_of(conflict);
  return exit_code::conflicts_predicted;
}

}  // namespace

Runner conflicts(OptionSet& set) {
  auto options = std::make_shared<ConflictsArguments>();
  set.flag("--check-diff", options->check_diff,
           "keep only files that both branches have changed, as far as git can tell here");
  set.flag("--json", options->json, "print the pairs as one JSON document");
  add_connection_options(set, options->connection);
  set.example("synapse conflicts --check-diff && git merge claim/TASK-7");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
