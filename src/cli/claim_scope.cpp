// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/claim_scope.hpp"

#include <optional>
#include <system_error>

namespace synapse::cli {

namespace {

namespace fs = std::filesystem;

// Links resolved as far as the path exists: a glob's first component with a star does not.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : real;
}

// A linked worktree has a file of that name where others have a folder.
std::optional<fs::path> git_top_level(const fs::path& folder) {
  for (fs::path at = resolved(folder);; at = at.parent_path()) {
    std::error_code error;
    if (fs::exists(at / ".git", error)) return at;
    if (at == at.parent_path()) return std::nullopt;
  }
}

}  // namespace

Result<ClaimScope> resolve_claim_scope(const std::vector<std::string>& paths,
                                       const fs::path& folder) {
  const std::optional<fs::path> top = git_top_level(folder);
  if (!top) return ClaimScope{"", paths};
  ClaimScope scope{top->string(), {}};
  for (const std::string& path : paths) {
    const fs::path relative = resolved(folder / path).lexically_relative(*top);
    if (relative.empty() || *relative.begin() == "..") {
      return fail(ErrorCode::bad_argument, path + " is outside of the repository " + top->string());
    }
    scope.paths.push_back(relative == "." ? "" : relative.generic_string());
  }
  return scope;
}

}  // namespace synapse::cli
