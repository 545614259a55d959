// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/query.hpp"
#include "cli/commands/commands.hpp"

namespace synapse::cli::commands {

namespace {

int run_manifest(Context& context, const QueryOptions& options) {
  return query(context, options, {&Agent::manifest, nullptr, render_manifest});
}

}  // namespace

Runner manifest(OptionSet& set) {
  auto options = std::make_shared<QueryOptions>();
  add_query_options(set, *options);
  return runner(options, run_manifest);
}

}  // namespace synapse::cli::commands
