// SPDX-License-Identifier: AGPL-3.0-or-later
// Which shell a hook is for: the option that shell-hook and install-shell-hook share.
#pragma once

#include <string>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"
#include "services/shell_hook.hpp"

namespace synapse::cli {

struct ShellChoice {
  std::string name = "auto";
};

void add_shell_option(OptionSet& set, ShellChoice& choice);

// auto: the one that $SHELL names. Error: there is no hook for it.
[[nodiscard]] Result<services::Shell> chosen_shell(const Context& context,
                                                   const ShellChoice& choice);

}  // namespace synapse::cli
