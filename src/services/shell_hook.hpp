// SPDX-License-Identifier: AGPL-3.0-or-later
// Code for interactive shells that gives every terminal an identity on the bus, keeps a listener
// running for it, and runs agents' programs in a worker-session. Printed by `shell-hook`, put into
// a shell's start-up file by `install-shell-hook`.
//
// At each prompt it runs builtins of the shell and no process, unless there is no listener yet: a
// prompt must not be felt. It leaves $? alone and says nothing. The listener watches the shell and
// ends with it (`arm --while-pid`); which one runs is in a file that all shells share
// (services/pid_file.hpp).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::services {

enum class Shell { bash, zsh, fish };

// By the base name of a path, such as $SHELL's. Error: another one.
[[nodiscard]] Result<Shell> shell_of(const std::string& path);

// The programs that are wrapped unless others are named.
[[nodiscard]] std::vector<std::string> default_providers();
// Whether a word can be a function's name in every shell.
[[nodiscard]] bool is_provider_name(const std::string& word);

// The code, calling that program by its path. A program is wrapped only where the shell has no
// function of its name.
[[nodiscard]] std::string hook_code(Shell shell, const std::filesystem::path& program,
                                    const std::vector<std::string>& providers);

struct HookInstallation {
  std::filesystem::path file;
  bool was_there = false;
};
// Adds a marked block that loads the code to the shell's start-up file, unless it has one. The file
// keeps its mode, its links and all that is in it. `program` is a path, or a word for the PATH.
[[nodiscard]] Result<HookInstallation> install_hook(const base::Environment& environment,
                                                    Shell shell, const std::string& program);
// Takes the block out again, the original's too, and leaves all other lines as they are. The file
// keeps its mode, and a link to it stays one; it is replaced whole. Error, with nothing changed: a
// block that has no end, which somebody has edited.
[[nodiscard]] Result<HookInstallation> remove_hook(const base::Environment& environment,
                                                   Shell shell);

}  // namespace synapse::services
