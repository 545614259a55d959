// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"

namespace synapse::cli::commands {

namespace {

struct StateArguments {
  QueryOptions query;
  std::optional<std::string> owner;
};

int run(Context& context, const StateArguments& options) {
  Question question{&Agent::state, nullptr, render_claims};
  if (options.owner) {
    question.narrow = [&owner = *options.owner](Json& frame) {
      if (!member(member(frame, "snapshot"), "active_claims").is_array()) return;
      keep_if(frame["snapshot"]["active_claims"],
              [&owner](const Json& claim) { return is_in(text_of(claim, "owner"), owner); });
    };
  }
  return query(context, options.query, question);
}

}  // namespace

Runner state(OptionSet& set) {
  auto options = std::make_shared<StateArguments>();
  set.text({"--owner", "OWNER", "only claims of this agent, or of any agent of this project"},
           options->owner);
  add_query_options(set, options->query);
  set.example("synapse state --owner shop");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
