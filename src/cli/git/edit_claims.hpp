// SPDX-License-Identifier: AGPL-3.0-or-later
// Claims that an agent's host made for it as it edited files (docs/hooks.md), and what of them a
// commit gives back: the files that it has committed, and no other.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "wire/json_document.hpp"

namespace synapse::cli {

struct EditClaim {
  std::string task_id;
  std::uint64_t epoch = 0;
  std::vector<std::string> paths;
};

// Those of this owner and worktree, of the claims that a hub shows.
[[nodiscard]] std::vector<EditClaim> edit_claims(const wire::Json& active_claims,
                                                 const std::string& owner,
                                                 const std::filesystem::path& worktree);
// Each with those of its paths that have been committed; claims without any are left out.
[[nodiscard]] std::vector<EditClaim> committed(std::vector<EditClaim> claims,
                                               const std::vector<std::string>& files);

}  // namespace synapse::cli
