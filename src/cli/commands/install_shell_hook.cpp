// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "base/control.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/setup/program.hpp"
#include "cli/setup/shell_choice.hpp"

namespace synapse::cli::commands {

namespace {

struct InstallShellHookArguments {
  ShellChoice shell;
  std::optional<std::string> program;
  bool remove = false;
};

// A start-up file outlives this version of the program: by its name where the PATH has it, else by
// its path.
std::string program_of(const Context& context, const InstallShellHookArguments& options) {
  if (options.program) return *options.program;
  constexpr const char* name = "synapse";
  return find_program(context, name).empty() ? context.program.string() : name;
}

int explain_file(Context& context, const Error& error) {
  context.err << context.command << ": " << shown(error.message) << '\n';
  return exit_code::failed;
}

int remove(Context& context, services::Shell shell) {
  const auto removed = services::remove_hook(context.environment, shell);
  if (!removed) return explain_file(context, removed.error());
  const std::string file = shown(removed->file.string());
  if (removed->was_there) {
    context.out << "removed from " << file << "; shells that run now keep it until they end\n";
  } else {
    context.out << "nothing to do: " << file << " does not have it\n";
  }
  return exit_code::ok;
}

int run(Context& context, const InstallShellHookArguments& options) {
  const Result<services::Shell> shell = chosen_shell(context, options.shell);
  if (!shell) return explain_usage(context, shell.error());
  if (options.remove) return remove(context, *shell);
  const std::string program = program_of(context, options);
  if (program.empty() || base::has_control(program)) {
    return explain_usage(context, fail(ErrorCode::bad_argument, "--synapse-bin: no such program"));
  }
  const auto installed = services::install_hook(context.environment, *shell, program);
  if (!installed) return explain_file(context, installed.error());
  const std::string file = shown(installed->file.string());
  if (installed->was_there) {
    context.out << "nothing to do: " << file << " has it already\n";
  } else {
    context.out << "added to " << file << "; shells that are started from now on have it\n";
  }
  return exit_code::ok;
}

}  // namespace

Runner install_shell_hook(OptionSet& set) {
  auto options = std::make_shared<InstallShellHookArguments>();
  add_shell_option(set, options->shell);
  set.text({"--synapse-bin", "PATH", "the program that the start-up file calls [synapse]"},
           options->program);
  set.flag("--remove", options->remove, "take it out again, and leave the rest of the file alone");
  set.exclusive("--remove", "--synapse-bin");
  set.example("synapse install-shell-hook");
  set.example("synapse install-shell-hook --remove --shell zsh");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
