// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/setup/program.hpp"

#include <unistd.h>

#include "base/strings.hpp"

namespace synapse::cli {

namespace {

namespace fs = std::filesystem;

bool can_run(const fs::path& file) {
  std::error_code error;
  return fs::is_regular_file(file, error) && access(file.c_str(), X_OK) == 0;
}

}  // namespace

fs::path this_program(const Context& context) {
  const fs::path started = find_program(context, context.started_as);
  std::error_code error;
  if (started.empty()) return context.program;
  const fs::path real = fs::canonical(started, error);
  return error || real.filename() == started.filename() ? started : real;
}

fs::path find_program(const Context& context, const std::string& name) {
  if (name.find('/') != std::string::npos) {
    const fs::path file = (context.folder / name).lexically_normal();
    return can_run(file) ? file : fs::path();
  }
  if (name.empty()) return {};
  const std::string path = context.environment.get("PATH").value_or("");
  for (const std::string_view folder : base::split(path, ':')) {
    const fs::path file = (context.folder / folder / name).lexically_normal();
    if (!folder.empty() && can_run(file)) return file;
  }
  return {};
}

}  // namespace synapse::cli
