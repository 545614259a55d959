// SPDX-License-Identifier: AGPL-3.0-or-later
// What git says of a repository and of what has been changed in it. File names are bytes, relative
// to the top level, as git has them: not always UTF-8, and with any character but NUL. A renamed
// file counts under both names.
//
// Each call runs git once or twice.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "git/git.hpp"
#include "git/place.hpp"

namespace synapse::git {

// What `git rev-parse --abbrev-ref HEAD` says when no branch is checked out: while rebasing, too.
inline constexpr std::string_view detached_head = "HEAD";

struct Repository {
  std::string top_level;
  std::string git_dir;
  std::string common_dir;  // The same in all worktrees.
  std::string branch;      // Also one without a commit yet; or detached_head.

  [[nodiscard]] bool is_linked_worktree() const { return git_dir != common_dir; }
};

// An Error outside of a work tree.
[[nodiscard]] Result<Repository> find_repository(const Git& git);
// The same for a hook, which has no time for a process more: read from the repository's files where
// they are of the usual kind, else asked of git.
[[nodiscard]] Result<Repository> find_repository(const Git& git, const std::optional<Place>& place);

// What is checked out in a worktree, read from its files; nothing if they don't tell.
[[nodiscard]] std::optional<std::string> branch_of_worktree(const std::filesystem::path& top_level);

struct Commit {
  std::vector<std::string> files;
  bool is_merge = false;
};

// HEAD. Of a root commit all files; of a merge, what it brought to the branch that it is on.
[[nodiscard]] Result<Commit> read_head(const Git& git);

// What the merge, pull or fast-forward that has just been done brought.
[[nodiscard]] Result<std::vector<std::string>> files_of_merge(const Git& git);

// What a branch changed since it left its base. An Error where git can't tell, such as for a branch
// that is not here.
[[nodiscard]] Result<std::vector<std::string>> files_of_branch(const Git& git,
                                                               const std::string& base,
                                                               const std::string& branch);

// Of these local branches, those that are there; those whose commits HEAD has.
enum class Which { existing, merged_into_head };
[[nodiscard]] Result<std::vector<std::string>> local_branches(const Git& git,
                                                              const std::vector<std::string>& names,
                                                              Which which);

}  // namespace synapse::git
