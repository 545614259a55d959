// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/claim_memory.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

struct ReleaseArguments {
  ConnectionOptions connection;
  std::string task_id;
  bool json = false;
};

int run(Context& context, const ReleaseArguments& options) {
  const Result<services::Caller> caller = caller_after_claims(context, options.connection);
  if (!caller) return explain_usage(context, caller.error());
  const Result<AgentOptions> settings = agent_options_for(context, options.connection, *caller);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  if (const std::optional<int> code = connect(context, agent, *settings)) return *code;
  const ClaimMemory memory(git::find_place(context.folder, context.environment));
  tell_ended_claims(context, agent, memory, caller->name);
  const Result<Reply> reply = agent.release(options.task_id);
  if (!reply) return explain_silence(context, *settings, reply.error());
  if (reply->granted) memory.forget(caller->name, options.task_id);
  if (options.json) {
    context.out << render_json(*reply->frame);
    return reply->granted ? exit_code::ok : exit_code::failed;
  }
  const std::string id = "'" + shown(options.task_id) + "'";
  if (reply->granted) {
    context.out << "released " << id << '\n';
    return exit_code::ok;
  }
  context.out << "release refused for " << id << ": " << refusal_with_end(context, *reply) << '\n';
  return exit_code::failed;
}

}  // namespace

Runner release(OptionSet& set) {
  auto options = std::make_shared<ReleaseArguments>();
  set.argument("ID", options->task_id, "the claim; it must be held by NAME");
  set.flag("--json", options->json, "print the hub's answer as one JSON document");
  add_options_after_claims(set, options->connection);
  set.example("synapse release TASK-7 --name shop/alice");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
