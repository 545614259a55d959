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

// For whom the hooks act where the worktree has no name: $SYN_IDENTITY, the agent in whose terminal
// git runs; else the name that they were installed with.
[[nodiscard]] std::string hook_name(const Context& context, const std::string& installed_for);

// Writes both hooks and says of each what became of it. Nothing when that worked; else it has said
// why not, and this is the exit code.
[[nodiscard]] std::optional<int> install_hooks(Context& context, const HookOptions& given,
                                               const git::Git& git);

}  // namespace synapse::cli
