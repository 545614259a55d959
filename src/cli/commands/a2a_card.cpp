// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/card_options.hpp"
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"

namespace synapse::cli::commands {

namespace {

struct A2aCardArguments {
  QueryOptions query;
  AgentCardOptions card;
};

int run(Context& context, const A2aCardArguments& options) {
  const Result<a2a::CardOptions> card = card_options(options.card);
  if (!card) return explain_usage(context, card.error());
  const auto render = [&card](const Json& frame, Style) {
    return render_json(a2a::agent_card(member(frame, "manifest"), *card));
  };
  return query(context, options.query, {&Agent::manifest, nullptr, render});
}

}  // namespace

Runner a2a_card(OptionSet& set) {
  auto options = std::make_shared<A2aCardArguments>();
  add_card_options(set, options->card);
  add_connection_options(set, options->query.connection);
  set.example("synapse a2a-card --endpoint-url https://agents.example.com/a2a");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
