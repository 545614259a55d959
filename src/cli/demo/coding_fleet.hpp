// SPDX-License-Identifier: AGPL-3.0-or-later
// A workspace to try Synapse on, and the story that plays in it: two coding agents, one small
// Python program, no collisions. The agents really edit its files, each only under its claim.
#pragma once

#include <filesystem>
#include <iosfwd>

#include "base/error.hpp"

namespace synapse::cli {

enum class Existing { refuse, overwrite };

// Writes the workspace's files, and the folder if it is missing. Errors: bad_argument for a folder
// that is not empty (Existing::refuse) or a file that is in the way; io_error.
[[nodiscard]] Result<> make_fleet_workspace(const std::filesystem::path& folder, Existing existing);

// Whether the folder is such a workspace.
[[nodiscard]] bool is_fleet_workspace(const std::filesystem::path& folder);

// Plays the story in the workspace, on a hub of its own, and tells it.
[[nodiscard]] Result<> play_coding_fleet(std::ostream& out, const std::filesystem::path& folder);

}  // namespace synapse::cli
