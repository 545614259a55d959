// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse cluster import: the log of a hub that was alone is made what a bus begins with.
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"
#include "hub/cluster_import.hpp"

namespace synapse::cli::commands {

namespace {

struct ImportArguments {
  std::string file;
};

int run_import(Context& context, const ImportArguments& options) {
  const auto imported = hub::mark_for_import(options.file, context.clock.now());
  if (!imported) {
    context.err << "synapse cluster import: " << shown(imported.error().message) << '\n';
    return exit_code::failed;
  }
  context.out << "A bus will begin with: claims " << imported->claims << ", tasks of the plan "
              << imported->tasks << ", unseen messages " << imported->unseen
              << "; epochs go on from " << imported->last_epoch << ", numbers of messages from "
              << imported->last_message << ".\n";
  if (imported->left_out > 0 || imported->mended > 0) {
    context.out << "Events that can't be read and are left out: " << imported->left_out
                << "; claims that are mended: " << imported->mended << ".\n";
  }
  context.out << "Next, start the hub: synapse hub --cluster etcd://HOST:2379/BUS --db "
              << shown(options.file)
              << "\nwith a BUS that is new. The other hubs begin with files of their own.\n";
  return exit_code::ok;
}

}  // namespace

Runner cluster_import(OptionSet& set) {
  auto options = std::make_shared<ImportArguments>();
  set.argument("FILE", options->file, "the log of a hub that is alone, and is stopped");
  set.example("synapse cluster import ~/synapse/hub.db");
  return runner(options, run_import);
}

}  // namespace synapse::cli::commands
