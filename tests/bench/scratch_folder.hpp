// SPDX-License-Identifier: AGPL-3.0-or-later
// Where runs leave their files.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

#include "failure.hpp"

namespace synapse::bench {

// Removed with all it holds at the end, logs of a gigabyte included.
class ScratchFolder {
 public:
  explicit ScratchFolder(const std::filesystem::path& parent) {
    std::string name = (std::filesystem::absolute(parent) / "synapse-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) fail_errno("a scratch folder in " + parent.string());
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace synapse::bench
