// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/setup/program.hpp"

#include "base/find_program.hpp"

namespace synapse::cli {

namespace fs = std::filesystem;

fs::path this_program(const Context& context) {
  const fs::path started = find_program(context, context.started_as);
  std::error_code error;
  if (started.empty()) return context.program;
  const fs::path real = fs::canonical(started, error);
  return error || real.filename() == started.filename() ? started : real;
}

fs::path find_program(const Context& context, const std::string& name) {
  return base::find_program(name, context.folder, context.environment);
}

}  // namespace synapse::cli
