// SPDX-License-Identifier: AGPL-3.0-or-later
// Which worktree and which paths of it somebody means who names files: one answer for every command
// and server that claims them, and for programs of others (synapse/worktree.hpp), for two that
// differ would let two agents into one file.
//
// A path belongs to the innermost repository that it lies in, wherever the command was started and
// however it is written: a file of a linked worktree or of a submodule inside another checkout is
// that one's. Where a repository begins, its folder is an entry of the repository around it, to
// everybody who stands outside of it. Outside of all repositories there is no folder that all
// agents would take a path from: there it is sent as it was given and in its absolute form, in the
// blank worktree.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::git {

struct ScopeQuestion {
  std::vector<std::string> paths;  // As people write them: see path_word.hpp. None: all of it.
  std::filesystem::path folder;    // That relative paths are taken from.
  // What the paths are of instead: a folder, however it is spelled; else a label that stays as it
  // is, like the paths with it.
  std::optional<std::string> worktree;
};

struct ClaimScope {
  std::string worktree;  // Blank outside a git repository.
  std::vector<std::string> paths;
  // Those of the literal ones, as they were understood, of which not even the folder is there.
  std::vector<std::string> not_there;
};

// Symbolic links resolved, globs kept. An Error says which path can't be claimed and why: those of
// one claim lie in one repository. The environment is asked for GIT_DIR and GIT_WORK_TREE
// (place.hpp) and HOME.
[[nodiscard]] Result<ClaimScope> resolve_claim_scope(
    const ScopeQuestion& question,
    const base::Environment& environment = base::FixedEnvironment({}));

}  // namespace synapse::git
