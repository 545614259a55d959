// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/claim_scope.hpp"

#include <optional>

#include "base/control.hpp"
#include "base/utf8.hpp"
#include "git/place.hpp"

namespace synapse::git {

namespace {

namespace fs = std::filesystem;

// What goes over the wire is text; a name that is none could only be claimed under another.
Result<> check_text(const std::string& path) {
  if (base::is_valid_utf8(path)) return {};
  return fail(ErrorCode::bad_argument, base::escape_control(path, base::LineBreaks::escape) +
                                           " is not UTF-8; claim its folder instead");
}

}  // namespace

Result<ClaimScope> resolve_claim_scope(const std::vector<std::string>& paths,
                                       const fs::path& folder,
                                       const base::Environment& environment) {
  const std::optional<Place> place = find_place(folder, environment);
  if (place) return resolve_claim_scope_in(place->top_level, paths, folder);
  for (const std::string& path : paths) {
    if (Result<> text = check_text(path); !text) return text.error();
  }
  return ClaimScope{"", paths};
}

Result<ClaimScope> resolve_claim_scope_in(const fs::path& top_level,
                                          const std::vector<std::string>& paths,
                                          const fs::path& folder) {
  ClaimScope scope{top_level.string(), {}};
  if (Result<> text = check_text(scope.worktree); !text) return text.error();
  for (const std::string& path : paths) {
    if (Result<> text = check_text(path); !text) return text.error();
    const fs::path relative = resolved(folder / path).lexically_relative(top_level);
    if (relative.empty() || *relative.begin() == "..") {
      return fail(ErrorCode::bad_argument,
                  path + " is outside of the repository " + top_level.string());
    }
    scope.paths.push_back(relative == "." ? "" : relative.generic_string());
  }
  return scope;
}

}  // namespace synapse::git
