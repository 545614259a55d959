// SPDX-License-Identifier: AGPL-3.0-or-later
// What a file holds, for a test that looks at what was written.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace synapse::test {

// All of it; empty too where there is no such file.
[[nodiscard]] inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace synapse::test
