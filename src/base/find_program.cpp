// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/find_program.hpp"

#include <unistd.h>

#include <system_error>

#include "base/strings.hpp"

namespace synapse::base {

namespace fs = std::filesystem;

namespace {

bool can_run(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

}  // namespace

fs::path find_program(const std::string& name, const fs::path& folder,
                      const Environment& environment) {
  if (name.find('/') != std::string::npos) {
    const fs::path file = (folder / name).lexically_normal();
    return can_run(file) ? file : fs::path();
  }
  if (name.empty()) return {};
  const std::string path = environment.get("PATH").value_or("");
  for (const std::string_view place : split(path, ':')) {
    const fs::path file = (folder / place / name).lexically_normal();
    if (!place.empty() && can_run(file)) return file;
  }
  return {};
}

}  // namespace synapse::base
