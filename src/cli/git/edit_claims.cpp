// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/git/edit_claims.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "core/file_name.hpp"

namespace synapse::cli {

std::vector<EditClaim> edit_claims(const wire::Json& active_claims, const std::string& owner,
                                   const std::filesystem::path& worktree) {
  std::vector<EditClaim> claims;
  if (!active_claims.is_array()) return claims;
  for (const wire::Json& claim : active_claims) {
    const bool is_hooks = !wire::text_member(claim, "origin").empty();
    if (!is_hooks || wire::text_member(claim, "owner") != owner) continue;
    if (wire::text_member(claim, "worktree") != worktree.string()) continue;
    claims.push_back({wire::text_member(claim, "task_id"), wire::count_member(claim, "epoch"),
                      wire::texts_member(claim, "paths")});
  }
  return claims;
}

std::vector<EditClaim> committed(std::vector<EditClaim> claims,
                                 const std::vector<std::string>& files) {
  const std::set<std::string_view> names(files.begin(), files.end());
  for (EditClaim& claim : claims) {
    std::erase_if(claim.paths,
                  [&](const std::string& path) { return !names.contains(core::unquoted(path)); });
  }
  std::erase_if(claims, [](const EditClaim& claim) { return claim.paths.empty(); });
  return claims;
}

}  // namespace synapse::cli
