// SPDX-License-Identifier: AGPL-3.0-or-later
// Which repository a folder belongs to, found from files alone.
//
// Used by every command that names files, and by the hooks, which have no time to run git before
// they know that it is needed. The folder counts, not what git put into the environment: a hook of
// a linked worktree has GIT_DIR set, and all that it starts has it too, in whatever repository that
// then works. Only GIT_DIR and GIT_WORK_TREE together, with the folder inside, name the repository:
// so git runs hooks for a work tree whose repository is elsewhere, and nothing else would find it.
#pragma once

#include <filesystem>
#include <optional>

#include "base/environment.hpp"

namespace synapse::git {

struct Place {
  enum class FoundBy { folder, environment };

  std::filesystem::path top_level;  // Of the work tree; links resolved.
  std::filesystem::path git_dir;    // A linked worktree's own; blank if it can't be told.
  FoundBy found_by = FoundBy::folder;
};

// The innermost one. Nothing outside of a repository, and in a bare one. The folder may be any
// path: of a file it is the folder that counts, there or not.
[[nodiscard]] std::optional<Place> find_place(const std::filesystem::path& folder,
                                              const base::Environment& environment);

// Whether a rebase is under way there: it commits what was committed before, on no branch.
[[nodiscard]] bool is_rebasing(const Place& place);

// What all worktrees of a repository share: the git dir itself, but for a linked worktree.
[[nodiscard]] std::filesystem::path common_dir_of(const std::filesystem::path& git_dir);

// Whether a path is the folder or lies below it; both normalised.
[[nodiscard]] bool is_within(const std::filesystem::path& path,
                             const std::filesystem::path& folder);

// Links resolved as far as the path exists.
[[nodiscard]] std::filesystem::path resolved(const std::filesystem::path& path);

}  // namespace synapse::git
