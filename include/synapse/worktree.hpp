// SPDX-License-Identifier: AGPL-3.0-or-later
// Which worktree and paths to claim for files that somebody names.
//
// The hub compares worktrees as texts, so two agents that mean one file must call it the same: this
// is what the program's own commands and its MCP server do. Reads folders and links, and runs
// nothing. From any thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "synapse/api.hpp"
#include "synapse/result.hpp"

namespace synapse {

struct FileScope {
  // The top level of the innermost git repository that the paths lie in; blank outside of any.
  std::string worktree;
  // Of ClaimRequest; relative to the worktree. Outside of a repository each path as it was given,
  // and in its absolute form.
  std::vector<std::string> paths;
  // Those of the given ones of which not even the folder is there: mistyped, or yet to be made.
  std::vector<std::string> not_there;
};

// The scope of paths as people and models write them, relative ones taken from the folder: links,
// `..`, `~`, `file:` URIs, globs and `{a,b}` are understood. No path: the whole worktree that the
// folder is in. An Error (bad_argument) says which path can't be claimed and why; the paths of one
// claim lie in one repository.
[[nodiscard]] SYNAPSE_API Result<FileScope> resolve_files(const std::vector<std::string>& paths,
                                                          const std::filesystem::path& folder);
// The same for paths of `worktree`: a folder, however it is spelled, or a label that is kept.
[[nodiscard]] SYNAPSE_API Result<FileScope> resolve_files(const std::vector<std::string>& paths,
                                                          const std::filesystem::path& folder,
                                                          const std::string& worktree);

}  // namespace synapse
