// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/ground.hpp"

#include <algorithm>
#include <system_error>

#include "base/file.hpp"
#include "base/strings.hpp"
#include "git/place.hpp"

namespace synapse::guard {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t mode_bytes_max = 64;
constexpr std::size_t config_bytes_max = 1UL << 20U;

bool is_enabled_at(const fs::path& worktree) {
  std::error_code unknown;
  return fs::is_directory(worktree / synapse_folder, unknown);
}

// What can't be read warns: a repository that was never told to refuse must not begin to.
wire::HookMode mode_of(const Ground& ground) {
  const std::optional<std::string> said = said_mode(ground);
  return said ? wire::hook_mode(*said).value_or(wire::HookMode::warn) : wire::HookMode::warn;
}

// Of a line of git's configuration: what `key = value` says, without quotes.
std::optional<std::string> value_of(std::string_view line, std::string_view key) {
  const std::size_t mark = line.find('=');
  if (mark == std::string_view::npos) return std::nullopt;
  if (base::to_lower(base::trim(line.substr(0, mark))) != key) return std::nullopt;
  std::string value = base::trimmed(line.substr(mark + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return value;
}

std::string name_in_config(const fs::path& file) {
  const auto text = base::read_whole(file, config_bytes_max);
  if (!text || text->find("synapse") == std::string::npos) return {};
  std::string name;
  bool is_ours = false;
  for (std::string_view line : base::split(*text, '\n')) {
    line = base::trim(line);
    if (line.starts_with('[')) {
      is_ours = base::to_lower(line) == "[synapse]";
    } else if (is_ours) {
      if (auto value = value_of(line, "name")) name = *std::move(value);
    }
  }
  return name;
}

}  // namespace

std::optional<std::string> said_mode(const Ground& ground) {
  for (const fs::path& place : {ground.worktree, ground.main_worktree}) {
    const auto text = base::read_whole(place / synapse_folder / mode_file, mode_bytes_max);
    if (text) return base::trimmed(*text);
  }
  return std::nullopt;
}

std::optional<Ground> find_ground(const fs::path& folder) {
  // What git put into the environment is about the command that it runs, and not about this file.
  const base::FixedEnvironment none({});
  const std::optional<git::Place> place = git::find_place(folder, none);
  if (!place) return std::nullopt;
  Ground ground;
  ground.worktree = place->top_level;
  ground.main_worktree = place->top_level;
  ground.git_dir = place->git_dir;
  const fs::path common = git::common_dir_of(place->git_dir);
  if (common != place->git_dir && common.filename() == ".git") {
    ground.main_worktree = common.parent_path();
  }
  if (!is_enabled_at(ground.worktree) && !is_enabled_at(ground.main_worktree)) return std::nullopt;
  ground.mode = mode_of(ground);
  return ground;
}

std::vector<Ground> find_grounds(const fs::path& folder, const std::vector<std::string>& paths) {
  std::vector<Ground> grounds;
  for (const std::string& path : paths) {
    const fs::path real = git::resolved(folder / path);
    std::optional<Ground> ground = find_ground(real.parent_path());
    if (!ground) continue;
    const fs::path below = real.lexically_relative(ground->worktree);
    if (below.empty() || *below.begin() == ".git" || *below.begin() == "..") continue;
    auto known = std::find_if(grounds.begin(), grounds.end(),
                              [&](const Ground& one) { return one.worktree == ground->worktree; });
    if (known == grounds.end()) known = grounds.insert(grounds.end(), *std::move(ground));
    std::string text = below.generic_string();
    if (std::find(known->paths.begin(), known->paths.end(), text) == known->paths.end()) {
      known->paths.push_back(std::move(text));
    }
  }
  return grounds;
}

std::string configured_name(const Ground& ground) {
  std::string name = name_in_config(ground.git_dir / "config.worktree");
  if (name.empty()) name = name_in_config(git::common_dir_of(ground.git_dir) / "config");
  return name;
}

}  // namespace synapse::guard
