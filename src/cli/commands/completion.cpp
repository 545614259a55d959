// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/completion.hpp"

#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/setup/completion_files.hpp"
#include "cli/setup/shell_choice.hpp"

namespace synapse::cli::commands {

namespace {

struct CompletionArguments {
  std::optional<std::string> shell;
  bool install = false;
  bool remove = false;
};

// Its own, or the one that $SHELL names.
Result<Shell> shell_of(const Context& context, const CompletionArguments& options) {
  const Result<services::Shell> shell =
      chosen_shell(context, ShellChoice{options.shell.value_or("auto")});
  if (!shell) return shell.error();
  switch (*shell) {
    case services::Shell::bash:
      return Shell::bash;
    case services::Shell::zsh:
      return Shell::zsh;
    case services::Shell::fish:
      return Shell::fish;
  }
  return fail(ErrorCode::bad_argument, "no such shell");
}

int change_files(Context& context, const CompletionArguments& options, Shell shell) {
  const auto done = options.install ? install_completions(context.environment, shell)
                                    : remove_completions(context.environment, shell);
  if (!done) {
    context.err << context.command << ": " << shown(done.error().message) << '\n';
    return exit_code::failed;
  }
  for (const std::string& line : *done) context.out << shown(line) << '\n';
  return exit_code::ok;
}

int run(Context& context, const CompletionArguments& options) {
  if (!options.shell && !options.install && !options.remove) {
    return explain_usage(context, fail(ErrorCode::bad_argument,
                                       "say for which shell: bash, zsh or fish; or --install, "
                                       "which takes yours"));
  }
  const Result<Shell> shell = shell_of(context, options);
  if (!shell) return explain_usage(context, shell.error());
  if (options.install || options.remove) return change_files(context, options, *shell);
  context.out << completion_script(*shell);
  return exit_code::ok;
}

}  // namespace

Runner completion(OptionSet& set) {
  auto options = std::make_shared<CompletionArguments>();
  set.choice_argument("SHELL", options->shell, {"bash", "zsh", "fish"},
                      "bash, zsh or fish [with --install: what $SHELL says]");
  set.flag("--install", options->install, "put them where that shell looks for yours");
  set.flag("--remove", options->remove, "take them away again");
  set.exclusive("--install", "--remove");
  set.example("synapse completion --install");
  set.example("source <(synapse completion bash)      # for this terminal alone");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
