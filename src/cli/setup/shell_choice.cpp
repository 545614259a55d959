// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/setup/shell_choice.hpp"

namespace synapse::cli {

void add_shell_option(OptionSet& set, ShellChoice& choice) {
  set.text({"--shell", "NAME", "bash, zsh or fish; auto: what $SHELL says"}, choice.name);
}

Result<services::Shell> chosen_shell(const Context& context, const ShellChoice& choice) {
  if (choice.name != "auto") return services::shell_of(choice.name);
  const std::string login_shell = context.environment.get("SHELL").value_or("");
  if (login_shell.empty()) {
    return fail(ErrorCode::bad_argument, "no $SHELL: give --shell bash, zsh or fish");
  }
  return services::shell_of(login_shell);
}

}  // namespace synapse::cli
