// SPDX-License-Identifier: AGPL-3.0-or-later
#include "guard/writes.hpp"

#include <sys/stat.h>

#include <algorithm>

namespace synapse::guard {

namespace {

double seconds_of(const timespec& time) {
  constexpr double nanoseconds = 1e9;
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / nanoseconds;
}

// The hub names files below the worktree; a name that leads out of it is no such file.
bool is_below(const std::filesystem::path& path) {
  return !path.empty() && path.is_relative() &&
         std::none_of(path.begin(), path.end(), [](const auto& part) { return part == ".."; });
}

}  // namespace

std::vector<wire::HookWrite> changed_since(const std::filesystem::path& worktree,
                                           const std::vector<std::string>& paths, double since) {
  std::vector<wire::HookWrite> writes;
  for (const std::string& path : paths) {
    if (writes.size() >= wire::hook_watch_max) break;
    struct stat status {};
    if (!is_below(path) || lstat((worktree / path).c_str(), &status) != 0) continue;
    if (!S_ISREG(status.st_mode)) continue;
    // A file that is moved here, or copied with its times, is as old as it was; its inode is not.
    const double at = std::max(seconds_of(status.st_mtim), seconds_of(status.st_ctim));
    if (at >= since) writes.push_back({path, at});
  }
  return writes;
}

}  // namespace synapse::guard
