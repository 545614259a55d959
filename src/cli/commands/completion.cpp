// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/args/completion.hpp"

#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"

namespace synapse::cli::commands {

namespace {

struct CompletionArguments {
  std::size_t shell = 0;
};

int run(Context& context, const CompletionArguments& options) {
  context.out << completion_script(static_cast<Shell>(options.shell));
  return exit_code::ok;
}

}  // namespace

Runner completion(OptionSet& set) {
  auto options = std::make_shared<CompletionArguments>();
  set.choice_argument("SHELL", options->shell, {"bash", "zsh", "fish"}, "bash, zsh or fish");
  set.example("source <(synapse completion bash)      # in ~/.bashrc");
  set.example("source <(synapse completion zsh)       # in ~/.zshrc");
  set.example("synapse completion fish | source       # in ~/.config/fish/config.fish");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
