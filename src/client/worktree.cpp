// SPDX-License-Identifier: AGPL-3.0-or-later
#include "synapse/worktree.hpp"

#include <utility>

#include "base/environment.hpp"
#include "git/claim_scope.hpp"

namespace synapse {

namespace {

Result<FileScope> resolve_question(const git::ScopeQuestion& question) {
  Result<git::ClaimScope> scope = git::resolve_claim_scope(question, base::ProcessEnvironment());
  if (!scope) return scope.error();
  return FileScope{std::move(scope->worktree), std::move(scope->paths),
                   std::move(scope->not_there)};
}

}  // namespace

Result<FileScope> resolve_files(const std::vector<std::string>& paths,
                                const std::filesystem::path& folder) {
  return resolve_question({paths, folder, std::nullopt});
}

Result<FileScope> resolve_files(const std::vector<std::string>& paths,
                                const std::filesystem::path& folder, const std::string& worktree) {
  return resolve_question({paths, folder, worktree});
}

}  // namespace synapse
