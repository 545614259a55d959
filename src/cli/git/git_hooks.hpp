// SPDX-License-Identifier: AGPL-3.0-or-later
// Installing the git hooks, for `git-hook install` and `git-init`.
#pragma once

#include <optional>
#include <string>

#include "cli/client/connection.hpp"
#include "git/git.hpp"

namespace synapse::cli {

// Seconds that a hook waits for the hub, all its answers together: a commit waits a second at most,
// with the start of the processes.
inline constexpr double hook_patience = 0.9;

struct HookOptions {
  HookOptions() { connection.ready_timeout = hook_patience; }

  ConnectionOptions connection;  // What the hooks will connect with.
  std::string program;           // What they run; blank: this program.
};

void add_hook_options(OptionSet& set, HookOptions& options);

// Writes both hooks and says of each what became of it; names this worktree after whoever it is
// done for, if a name is said. Nothing when that worked; else it has said why not, and this is the
// exit code.
[[nodiscard]] std::optional<int> install_hooks(Context& context, const HookOptions& given,
                                               const git::Git& git);

}  // namespace synapse::cli
