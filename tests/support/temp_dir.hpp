// SPDX-License-Identifier: AGPL-3.0-or-later
// TempDir: a fresh folder that goes, with all that is in it, when its owner goes.
//
// Used by tests that need files: logs, relay files, a $HOME. Two of them never share a folder, so
// tests can run side by side. The path is free of symbolic links, so it can be compared with the
// paths that a program prints after resolving its own.
#pragma once

#include <filesystem>
#include <string_view>

namespace synapse::test {

class TempDir {
 public:
  // Throws std::system_error when the folder can't be made.
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace synapse::test
