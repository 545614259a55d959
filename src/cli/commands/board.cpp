// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/screen.hpp"

namespace synapse::cli::commands {

namespace {

int run_board(Context& context, const QueryOptions& options) {
  const auto render = [&context](const Json& frame, Style style) {
    return context.out_is_terminal ? screen_board(context, frame) : render_board(frame, style);
  };
  return query(context, options, {&Agent::board, nullptr, render});
}

}  // namespace

Runner board(OptionSet& set) {
  auto options = std::make_shared<QueryOptions>();
  add_query_options(set, *options);
  set.example("synapse board");
  set.example("synapse board --json | jq .board.ready");
  return runner(options, run_board);
}

}  // namespace synapse::cli::commands
