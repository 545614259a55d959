// SPDX-License-Identifier: AGPL-3.0-or-later
// The process: hands the real world to the command line, and is the last place where an exception
// can land.
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "cli/app.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/table.hpp"
#include "guard/guard.hpp"
#include "services/identity.hpp"
#include "syn/app.hpp"

namespace {

// Seeded when first asked: most commands never are.
double random_part() {
  static std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(generator);
}

std::optional<std::string> ask_at_terminal(const std::string& question) {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDERR_FILENO) != 1) return std::nullopt;
  std::cerr << question << std::flush;
  std::string line;  // A terminal's lines are bounded by the kernel.
  if (!std::getline(std::cin, line)) return std::nullopt;
  return line;
}

int run(const std::string& started_as, const std::vector<std::string>& words) {
  std::error_code unknown;  // The folder can have been deleted; few commands need it.
  const synapse::base::ProcessEnvironment environment;
  const synapse::base::SystemClock clock;
  synapse::base::ProcessSignals signals;
  synapse::cli::Context context{std::cout,
                                std::cerr,
                                environment,
                                clock,
                                signals,
                                random_part,
                                std::filesystem::current_path(unknown),
                                isatty(STDOUT_FILENO) == 1,
                                isatty(STDERR_FILENO) == 1,
                                std::filesystem::read_symlink("/proc/self/exe", unknown),
                                started_as,
                                synapse::services::this_session};
  context.ask = ask_at_terminal;
  context.columns = synapse::cli::terminal_columns(environment, STDOUT_FILENO);
  if (const auto verb = synapse::syn::verb_of(started_as)) {
    return synapse::syn::run(context, *verb, words);
  }
  return synapse::cli::run(context, words);
}

}  // namespace

int main(int argc, char** argv) {
  // Where it has not come first.
  if (const auto code = synapse::guard::run_as_guard({argv, static_cast<std::size_t>(argc)})) {
    return *code;
  }
  std::ios::sync_with_stdio(false);
  try {
    return run(argc > 0 ? argv[0] : "", {argv + std::min(argc, 1), argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "synapse: " << error.what() << '\n';
    return synapse::cli::exit_code::failed;
  }
}
