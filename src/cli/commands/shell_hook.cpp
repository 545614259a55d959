// SPDX-License-Identifier: AGPL-3.0-or-later
#include "services/shell_hook.hpp"

#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/setup/shell_choice.hpp"

namespace synapse::cli::commands {

namespace {

struct ShellHookArguments {
  ShellChoice shell;
  std::vector<std::string> providers;
};

int run(Context& context, const ShellHookArguments& options) {
  const Result<services::Shell> shell = chosen_shell(context, options.shell);
  if (!shell) return explain_usage(context, shell.error());
  for (const std::string& provider : options.providers) {
    if (!services::is_provider_name(provider)) {
      return explain_usage(context,
                           fail(ErrorCode::bad_argument, "--provider: '" + shown(provider) +
                                                             "' does not name a program, as in "
                                                             "--provider claude"));
    }
  }
  const auto providers =
      options.providers.empty() ? services::default_providers() : options.providers;
  context.out << services::hook_code(*shell, context.program, providers);
  return exit_code::ok;
}

}  // namespace

Runner shell_hook(OptionSet& set) {
  auto options = std::make_shared<ShellHookArguments>();
  add_shell_option(set, options->shell);
  set.list({"--provider", "NAME",
            "a program that runs in a worker-session (repeatable) [codex, claude, gemini, agent, "
            "ask, ollama]"},
           options->providers);
  set.example("eval \"$(synapse shell-hook --shell bash)\"   # in .bashrc");
  set.example("synapse shell-hook --shell fish | source    # in config.fish");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
