// SPDX-License-Identifier: AGPL-3.0-or-later
// Where a tool would write: each path followed to where it really leads, and the repositories that
// these places are in, found from files alone. A repository counts if it, or the main worktree of
// it, has a folder `.synapse`; the file `mode` in there says whether a write is refused.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "wire/hook.hpp"

namespace synapse::guard {

struct Ground {
  std::filesystem::path worktree;
  std::filesystem::path main_worktree;  // The same where there is no other.
  std::filesystem::path git_dir;
  wire::HookMode mode = wire::HookMode::warn;
  std::vector<std::string> paths;  // Below the worktree, of those that were asked about.
};

// The enabled repository that a folder is in; nothing: none.
[[nodiscard]] std::optional<Ground> find_ground(const std::filesystem::path& folder);
// The mode as it was written down there, or in the main worktree; nothing: nowhere.
[[nodiscard]] std::optional<std::string> said_mode(const Ground& ground);

// The enabled repositories of these paths, each once, with its paths. What is in none, or in the
// repository's own folder, is left out.
[[nodiscard]] std::vector<Ground> find_grounds(const std::filesystem::path& folder,
                                               const std::vector<std::string>& paths);

// The name that the repository's configuration gives the agent of this worktree; blank: none.
[[nodiscard]] std::string configured_name(const Ground& ground);

inline constexpr const char* synapse_folder = ".synapse";
inline constexpr const char* mode_file = "mode";

}  // namespace synapse::guard
