// SPDX-License-Identifier: AGPL-3.0-or-later
// Puts our hooks into a host's file and takes them away again: in one step, through symbolic links,
// with the file's permissions, and so that it is byte for byte what it was before, unless somebody
// else changed it meanwhile. For that the text before and after is kept in the user's state folder.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "services/host_hooks.hpp"

namespace synapse::services {

struct HookChange {
  std::optional<std::string> before;  // The file's text; nothing: there is none.
  std::optional<std::string> after;

  [[nodiscard]] bool is_needed() const { return before != after; }
};

class HookInstaller {
 public:
  // `syn`: the path of the guard's program. `state`: where texts are kept; blank: nowhere, and then
  // a file is taken apart again.
  HookInstaller(std::string syn, std::filesystem::path state)
      : syn_(std::move(syn)), state_(std::move(state)) {}

  // What would change. Errors: as with_hooks(); io_error for a file that can't be read, or may not
  // be written by its owner.
  // What blocks where a hook fails goes on to do so.
  [[nodiscard]] Result<HookChange> plan_install(const HookFile& file, OnFailure on_failure) const;
  [[nodiscard]] Result<HookChange> plan_uninstall(const HookFile& file) const;
  // Makes it so. Errors: io_error, disk_full.
  [[nodiscard]] Result<> carry_out(const HookFile& file, const HookChange& change) const;

 private:
  using Text = std::optional<std::string>;

  [[nodiscard]] std::filesystem::path kept_file(const HookFile& file, const char* which) const;
  // The file's text without ours: what was kept, if nobody changed it since.
  [[nodiscard]] Result<Text> without_ours(const HookFile& file, const Text& text) const;
  [[nodiscard]] Result<> keep(const HookFile& file, const HookChange& change) const;
  void forget(const HookFile& file) const;

  std::string syn_;
  std::filesystem::path state_;
};

[[nodiscard]] bool is_installed(const HookFile& file);

// The user's state folder for this; blank: there is no home.
[[nodiscard]] std::filesystem::path hook_state_folder(const base::Environment& environment);

}  // namespace synapse::services
