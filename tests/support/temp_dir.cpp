// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/temp_dir.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>
#include <system_error>

namespace synapse::test {

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "synapse-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    throw std::system_error(errno, std::generic_category(), "mkdtemp " + name);
  }
  path_ = std::filesystem::canonical(name);
}

TempDir::~TempDir() {
  // A child that is still ending may add a file meanwhile: what is left then is not worth failing.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace synapse::test
