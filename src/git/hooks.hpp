// SPDX-License-Identifier: AGPL-3.0-or-later
// The two git hooks that end claims, and whom they act for.
//
// A hook is a POSIX sh script of one command, marked as ours by a comment; a script without the
// mark belongs to somebody else and is never touched. Hooks are shared by all worktrees of a
// repository, so no name is written into them: each worktree's own configuration has one,
// synapse.name (`git config --worktree`). Hooks of the first version had a name in them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "git/branch_claim.hpp"
#include "git/repository.hpp"

namespace synapse::git {

// In the order in which they are reported.
inline constexpr Trigger all_triggers[] = {Trigger::commit, Trigger::merge};

[[nodiscard]] constexpr std::string_view hook_file_of(Trigger trigger) {
  return trigger == Trigger::commit ? "post-commit" : "post-merge";
}

// Where this repository's hooks are: core.hooksPath and linked worktrees count. Works in a bare
// repository too.
[[nodiscard]] Result<std::filesystem::path> hooks_folder(const Git& git);

struct Hook {
  enum class State { missing, foreign, ours };

  State state = State::missing;
  // Of ours:
  bool is_executable = false;       // Git passes over a hook that is not.
  std::string program;              // What it runs; blank if that can't be read from it.
  std::optional<std::string> name;  // Whom it acts for, if it is of the first version.
};
[[nodiscard]] Hook read_hook(const std::filesystem::path& folder, Trigger trigger);

// The script that runs `program git-release --trigger … WORDS`, whatever comes of it.
[[nodiscard]] std::string hook_script(Trigger trigger, const std::string& program,
                                      const std::vector<std::string>& words);

// False: somebody else's hook is there and stays. An Error if it can't be written.
[[nodiscard]] Result<bool> install_hook(const std::filesystem::path& folder, Trigger trigger,
                                        const std::string& script);

// Takes our lines out of a hook; of a file that has no others nothing is left. A hook without the
// mark stays as it is.
enum class Uninstalled { was_missing, removed, kept_other_lines, foreign };
[[nodiscard]] Result<Uninstalled> uninstall_hook(const std::filesystem::path& folder,
                                                 Trigger trigger);

// A command line taken apart into its words.
[[nodiscard]] std::vector<std::string> shell_words(std::string_view line);

// The worktree's synapse.name. Asks git only if the files of its configuration have such a name.
[[nodiscard]] std::optional<std::string> worktree_name(const Git& git,
                                                       const std::filesystem::path& git_dir);
// Sets it, which in a repository with several worktrees needs extensions.worktreeConfig. An Error
// where that can't be turned on without moving settings that are there (git-worktree(1)).
[[nodiscard]] Result<> set_worktree_name(const Git& git, const std::string& name);
// The same for the main worktree, from any of the repository's; one that it has stays.
[[nodiscard]] Result<> set_main_worktree_name(const Git& git, const Repository& here,
                                              const std::string& name);

}  // namespace synapse::git
