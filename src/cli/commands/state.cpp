// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/screen.hpp"

namespace synapse::cli::commands {

namespace {

struct StateArguments {
  QueryOptions query;
  std::optional<std::string> owner;
  bool is_long = false;
};

int run(Context& context, const StateArguments& options) {
  // Scripts read the short form, whose words never change.
  Question question{
      &Agent::state, nullptr, [&context, &options](const Json& frame, Style style) {
        if (context.out_is_terminal) return screen_claims(context, frame);
        const auto detail = [&context](const Json& claim) { return lease_detail(context, claim); };
        return options.is_long ? render_claims(frame, style, detail) : render_claims(frame, style);
      }};
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
  set.flag("--long", options->is_long,
           "say when each lease ends, since when it is held, and where (a terminal's table does)");
  add_query_options(set, options->query);
  set.example("synapse state --owner shop");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
