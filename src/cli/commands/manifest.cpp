// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/screen.hpp"

namespace synapse::cli::commands {

namespace {

int run_manifest(Context& context, const QueryOptions& options) {
  const auto render = [&context](const Json& frame, Style style) {
    return context.out_is_terminal ? screen_manifest(context, frame)
                                   : render_manifest(frame, style);
  };
  return query(context, options, {&Agent::manifest, nullptr, render});
}

}  // namespace

Runner manifest(OptionSet& set) {
  auto options = std::make_shared<QueryOptions>();
  add_query_options(set, *options);
  return runner(options, run_manifest);
}

}  // namespace synapse::cli::commands
