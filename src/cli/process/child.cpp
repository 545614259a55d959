// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/process/child.hpp"

#include <sys/wait.h>

#include <filesystem>
#include <utility>

#include "cli/exit_code.hpp"

namespace synapse::cli {

Result<Child> Child::start(const std::vector<std::string>& words, const ChildSetup& setup) {
  base::ProcessSetup process;
  process.words = words;
  process.environment = setup.environment;
  process.environment.merge(base::process_variables());
  process.signal_at_starters_end = setup.signal_at_starters_end;
  if (setup.place != ChildSetup::Place::here) process.group = base::ProcessSetup::Group::own;
  if (setup.place == ChildSetup::Place::background) {
    process.in = process.out = process.err = base::ProcessSetup::none;
  }
  Result<base::Process> started = base::Process::start(process);
  if (!started) return started.error();
  return Child(*std::move(started));
}

int Child::wait() {
  const int status = process_.wait();
  if (WIFSIGNALED(status)) return exit_code::killed_by_signal + WTERMSIG(status);
  return WEXITSTATUS(status);
}

Result<std::string> own_program() {
  std::error_code code;
  const std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", code);
  if (code) return fail(ErrorCode::not_found, "can't find this program's file: " + code.message());
  return path.string();
}

}  // namespace synapse::cli
