// SPDX-License-Identifier: AGPL-3.0-or-later
// GitSandbox: a folder for real repositories, and an environment in which git knows nothing of this
// machine: no configuration but the sandbox's own, one author, one date.
//
// The environment is also set in the test's own process, for the git that the code under test runs,
// so make the sandbox before anything that has threads. Used from one thread, one at a time.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace synapse::test {

class GitSandbox {
 public:
  GitSandbox();

  [[nodiscard]] const std::filesystem::path& path() const { return dir_.path(); }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return dir_ / name; }
  [[nodiscard]] const Environment& environment() const { return environment_; }

  // A new repository with a branch `main` and no commit.
  std::filesystem::path init(std::string_view name);
  // Runs git in the folder and returns what it printed. Throws with its words if it fails.
  std::string git(const std::filesystem::path& folder, std::vector<std::string> words) const;
  // Runs git whatever comes of it.
  [[nodiscard]] Finished try_git(const std::filesystem::path& folder,
                                 std::vector<std::string> words) const;
  // Writes files, `text` in each, and commits all that has changed.
  void commit(const std::filesystem::path& folder, const std::vector<std::string>& files,
              const std::string& text) const;

  static void write(const std::filesystem::path& file, const std::string& text);

 private:
  TempDir dir_;
  Environment environment_;
};

}  // namespace synapse::test
