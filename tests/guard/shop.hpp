// SPDX-License-Identifier: AGPL-3.0-or-later
// A repository as the recorded payloads know it, at /w/shop there: enabled, with a link, and with a
// linked worktree. Made of files alone; no git runs.
#pragma once

#include <filesystem>
#include <string>

#include "guard/guard.hpp"
#include "support/temp_dir.hpp"

namespace synapse::test {

class Shop {
 public:
  explicit Shop(wire::HookMode mode = wire::HookMode::enforce);

  [[nodiscard]] std::filesystem::path root() const { return dir_.path() / "shop"; }
  [[nodiscard]] std::filesystem::path worktree() const {
    return root() / ".claude" / "worktrees" / "wt1";
  }
  [[nodiscard]] std::filesystem::path runtime() const { return dir_.path() / "run"; }
  void set_mode(wire::HookMode mode) const;
  // A recorded text with this repository in place of /w/shop.
  [[nodiscard]] std::string here(std::string text) const;

 private:
  TempDir dir_;
};

}  // namespace synapse::test
