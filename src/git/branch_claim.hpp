// SPDX-License-Identifier: AGPL-3.0-or-later
// A claim as the git commands see it: what the hub shows of it, in types of our own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::git {

// What ends a claim by itself.
enum class Trigger { commit, merge };

[[nodiscard]] constexpr std::string_view name_of(Trigger trigger) {
  return trigger == Trigger::commit ? "commit" : "merge";
}

struct BranchClaim {
  enum class Covers { files, nothing };

  std::string task_id;
  std::string owner;
  std::string worktree;
  std::vector<std::string> paths;  // Normalised; none, or a blank one: the whole worktree.
  Covers covers = Covers::files;   // Nothing: a task without files.
  std::uint64_t epoch = 0;
  std::string branch;  // Blank: no git claim.
  std::string base;
  std::string auto_release_on;
  std::string repo;  // The common git dir; blank if its client did not say.
};

// Whether a claim with these paths covers the file: the path itself, what lies below it, what a
// glob matches and what lies below that. The file's name is a name, whatever characters it has.
[[nodiscard]] bool covers(const std::vector<std::string>& paths, std::string_view file);
[[nodiscard]] bool covers(std::string_view path, std::string_view file);

}  // namespace synapse::git
