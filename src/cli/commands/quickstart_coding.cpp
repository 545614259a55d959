// SPDX-License-Identifier: AGPL-3.0-or-later
// The fleet demo in one command: a workspace, two agents in it, and nothing left behind.
#include <stdlib.h>

#include <csignal>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/demo/coding_fleet.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli::commands {

namespace {

namespace fs = std::filesystem;

struct QuickstartCodingArguments {
  std::optional<std::string> folder;
  bool keep = false;
  bool force = false;
};

// A folder that goes when this does, unless it is kept.
class Workspace {
 public:
  [[nodiscard]] static Result<Workspace> temporary() {
    std::error_code error;
    std::string name = (fs::temp_directory_path(error) / "synapse-fleet-XXXXXX").string();
    if (error || mkdtemp(name.data()) == nullptr) {
      return fail(ErrorCode::io_error, "can't make a temporary folder: " + name);
    }
    return Workspace(name, true);
  }
  Workspace(fs::path folder, bool is_temporary)
      : folder_(std::move(folder)), is_temporary_(is_temporary) {}
  Workspace(Workspace&& other) noexcept
      : folder_(std::move(other.folder_)),
        is_temporary_(std::exchange(other.is_temporary_, false)) {}
  Workspace& operator=(Workspace&&) = delete;
  ~Workspace() {
    std::error_code ignored;
    if (is_temporary_) fs::remove_all(folder_, ignored);
  }

  void keep() { is_temporary_ = false; }
  [[nodiscard]] const fs::path& folder() const { return folder_; }

 private:
  fs::path folder_;
  bool is_temporary_;
};

Result<Workspace> workspace_for(const Context& context, const QuickstartCodingArguments& options) {
  if (!options.folder) {
    Result<Workspace> workspace = Workspace::temporary();
    if (!workspace) return workspace;
    if (Result<> made = make_fleet_workspace(workspace->folder(), Existing::overwrite); !made) {
      return made.error();
    }
    return workspace;
  }
  fs::path folder = (context.folder / *options.folder / "").lexically_normal().parent_path();
  if (options.force || !is_fleet_workspace(folder)) {
    const Existing existing = options.force ? Existing::overwrite : Existing::refuse;
    if (Result<> made = make_fleet_workspace(folder, existing); !made) return made.error();
  }
  return Workspace(std::move(folder), false);
}

int run(Context& context, const QuickstartCodingArguments& options) {
  // The play is over in a second: a signal waits for its end, and leaves no folder behind.
  const auto watch = context.signals.watch({SIGINT, SIGTERM, SIGHUP});
  Result<Workspace> workspace = workspace_for(context, options);
  if (!workspace) {
    context.err << context.command << ": " << shown(workspace.error().message) << '\n';
    return workspace.error().code == ErrorCode::bad_argument ? exit_code::usage : exit_code::failed;
  }
  if (options.keep) workspace->keep();
  if (const Result<> played = play_coding_fleet(context.out, workspace->folder()); !played) {
    context.err << context.command << ": " << shown(played.error().message) << '\n';
    return exit_code::failed;
  }
  if (const auto signal = watch->take()) return exit_code::killed_by_signal + signal->number;
  if (options.keep || options.folder) {
    context.out << "What they made is in " << shown(workspace->folder().string()) << '\n';
  }
  context.out << "success: coding fleet demo completed\n";
  return exit_code::ok;
}

}  // namespace

Runner quickstart_coding(OptionSet& set) {
  auto options = std::make_shared<QuickstartCodingArguments>();
  set.argument("DIR", options->folder,
               "where to play it, made by `synapse new coding-fleet` or empty; it stays [a "
               "temporary folder]");
  set.flag("--keep", options->keep, "leave the temporary folder");
  set.flag("--force", options->force, "write into a DIR that is not empty");
  set.example("synapse quickstart-coding");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
