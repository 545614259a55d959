// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/place.hpp"

#include <string>
#include <string_view>
#include <system_error>

#include "git/small_file.hpp"

namespace synapse::git {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view git_file_key = "gitdir: ";

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

// A linked worktree, a submodule and a repository kept apart from its files have a file of that
// name where others have a folder.
fs::path git_dir_at(const fs::path& dot_git) {
  std::error_code error;
  if (fs::is_directory(dot_git, error)) return dot_git;
  const std::string text = without_line_end(read_start(dot_git).value_or(""));
  if (!text.starts_with(git_file_key)) return {};
  return resolved(dot_git.parent_path() / text.substr(git_file_key.size()));
}

std::optional<Place> place_by_environment(const fs::path& folder,
                                          const base::Environment& environment) {
  const auto git_dir = environment.get("GIT_DIR");
  const auto work_tree = environment.get("GIT_WORK_TREE");
  if (!git_dir || git_dir->empty() || !work_tree || work_tree->empty()) return std::nullopt;
  Place place{resolved(folder / *work_tree), resolved(folder / *git_dir),
              Place::FoundBy::environment};
  if (!is_within(resolved(folder), place.top_level)) return std::nullopt;
  return place;
}

}  // namespace

fs::path resolved(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(path, error);
  return error ? path.lexically_normal() : real;
}

bool is_within(const fs::path& path, const fs::path& folder) {
  const fs::path relative = path.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

std::optional<Place> find_place(const fs::path& folder, const base::Environment& environment) {
  std::optional<Place> named = place_by_environment(folder, environment);
  for (fs::path at = resolved(folder);; at = at.parent_path()) {
    // Below the work tree that the environment names only a repository inside of it counts.
    if (named && at == named->top_level) return named;
    std::error_code error;
    const fs::path dot_git = at / ".git";
    if (fs::exists(dot_git, error)) return Place{at, git_dir_at(dot_git), Place::FoundBy::folder};
    if (at == at.parent_path()) return std::nullopt;
  }
}

bool is_rebasing(const Place& place) {
  if (place.git_dir.empty()) return false;
  std::error_code error;
  return fs::exists(place.git_dir / "rebase-merge", error) ||
         fs::exists(place.git_dir / "rebase-apply", error);
}

fs::path common_dir_of(const fs::path& git_dir) {
  const auto relative = read_start(git_dir / "commondir");
  return relative ? resolved(git_dir / without_line_end(*relative)) : git_dir;
}

}  // namespace synapse::git
