// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/demo/coding_fleet.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

struct NewArguments {
  std::optional<std::string> folder;
  bool force = false;
};

int run(Context& context, const NewArguments& options) {
  const std::filesystem::path folder = context.folder / options.folder.value_or("coding-fleet");
  const Existing existing = options.force ? Existing::overwrite : Existing::refuse;
  if (const Result<> made = make_fleet_workspace(folder, existing); !made) {
    context.err << context.command << ": " << shown(made.error().message) << '\n';
    return made.error().code == ErrorCode::bad_argument ? exit_code::usage : exit_code::failed;
  }
  context.out << "made " << shown(folder.string()) << "\nnext: cd " << shown(folder.string())
              << " && sh run_demo.sh\n";
  return exit_code::ok;
}

}  // namespace

Runner new_coding_fleet(OptionSet& set) {
  auto options = std::make_shared<NewArguments>();
  set.argument("DIR", options->folder, "where to make it [coding-fleet]");
  set.flag("--force", options->force, "write into a folder that is not empty");
  set.example("synapse new coding-fleet ~/fleet");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
