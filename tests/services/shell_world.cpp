// SPDX-License-Identifier: AGPL-3.0-or-later
#include "shell_world.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "support/deadline.hpp"
#include "support/hub_process.hpp"

namespace synapse::test {

namespace fs = std::filesystem;

const std::vector<ShellKind>& shells() {
  static const std::vector<ShellKind> all{{"bash",
                                           {"bash", "--norc", "--noprofile", "-i"},
                                           "eval \"$(synapse shell-hook --shell bash)\"",
                                           "$?",
                                           "eval \"$PROMPT_COMMAND\""},
                                          {"zsh",
                                           {"zsh", "-f", "-i"},
                                           "eval \"$(synapse shell-hook --shell zsh)\"",
                                           "$?",
                                           "__synapse_prompt"},
                                          {"fish",
                                           {"fish", "--no-config", "-i"},
                                           "synapse shell-hook --shell fish | source",
                                           "$status",
                                           "emit fish_prompt"}};
  return all;
}

ShellWorld::ShellWorld() : environment(clean_environment()) {
  fs::create_symlink(fs::canonical(program_under_test()), bin / "synapse");
  environment["HOME"] = home.path().string();
  environment["PATH"] = bin.path().string() + ":" + environment["PATH"];
  environment["XDG_RUNTIME_DIR"] = runtime.path().string();
  environment["SYNAPSE_URI"] = "ws://127.0.0.1:1";
  environment["TERM"] = "dumb";
  environment["PS1"] = "ready> ";
}

Command ShellWorld::interactive(const ShellKind& shell) const {
  return {shell.interactive, environment, home.path().string()};
}

Finished ShellWorld::script(const ShellKind& shell, const std::string& lines) const {
  Command command = interactive(shell);
  command.words.pop_back();
  command.words.insert(command.words.end(), {"-c", lines});
  return run(command);
}

std::vector<pid_t> ShellWorld::listeners() const {
  std::vector<pid_t> pids;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(runtime / "synapse-shell", none)) {
    if (entry.path().extension() != ".pid") continue;
    pid_t pid = 0;
    std::ifstream(entry.path()) >> pid;
    if (pid > 0 && kill(pid, 0) == 0) pids.push_back(pid);
  }
  return pids;
}

bool ShellWorld::comes_to_listen(std::size_t count) const {
  return eventually(patience, [&] { return listeners().size() == count; });
}

bool ShellWorld::is_clean() const {
  return eventually(patience, [&] {
    std::error_code none;
    const fs::path folder = runtime / "synapse-shell";
    return !fs::exists(folder) || fs::is_empty(folder, none);
  });
}

}  // namespace synapse::test
