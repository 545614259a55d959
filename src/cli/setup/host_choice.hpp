// SPDX-License-Identifier: AGPL-3.0-or-later
// Which host programs `synapse hooks` is about, and whose files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/args/option_set.hpp"
#include "cli/context.hpp"
#include "services/host_hooks.hpp"

namespace synapse::cli {

struct HostChoice {
  std::optional<std::string> hosts;  // As given: words with commas, all, detected.
  bool is_project = false;
};

void add_host_options(OptionSet& set, HostChoice& choice);

// Errors: bad_argument.
[[nodiscard]] Result<std::vector<guard::Host>> chosen_hosts(const Context& context,
                                                            const HostChoice& choice);
// A host's file; nothing: it has none of that scope.
[[nodiscard]] std::optional<services::HookFile> chosen_file(const Context& context,
                                                            const HostChoice& choice,
                                                            guard::Host host);

}  // namespace synapse::cli
