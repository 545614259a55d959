// SPDX-License-Identifier: AGPL-3.0-or-later
// The hooks that release claims: written, and checked.
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/git/git_hooks.hpp"
#include "cli/output/render.hpp"
#include "cli/setup/program.hpp"
#include "git/hooks.hpp"

namespace synapse::cli::commands {

namespace {

namespace fs = std::filesystem;

int run_install(Context& context, const HookOptions& options) {
  const git::Git git(context.folder, context.environment);
  return install_hooks(context, options, git).value_or(exit_code::ok);
}

// The line for one hook; whether it is in order.
bool report(Context& context, const fs::path& folder, git::Trigger trigger) {
  constexpr std::string_view remedy = " (run `synapse git-hook install`)\n";
  const std::string_view file = git::hook_file_of(trigger);
  const git::Hook hook = git::read_hook(folder, trigger);
  switch (hook.state) {
    case git::Hook::State::missing:
      context.out << "missing: " << file << " not installed" << remedy;
      return false;
    case git::Hook::State::foreign:
      context.out << "missing: " << file << " not installed: another hook is in its place\n";
      return false;
    case git::Hook::State::ours:
      break;
  }
  if (find_program(context, hook.program).empty()) {
    context.out << "warning: " << file << " installed but its program '" << shown(hook.program)
                << "' can't be run" << remedy;
    return false;
  }
  if (!hook.is_executable) {
    context.out << "warning: " << file << " installed but not executable, so git passes over it"
                << remedy;
    return false;
  }
  context.out << "ok: " << file << " installed -> " << shown(hook.program) << '\n';
  return true;
}

int run_test(Context& context, const HookOptions&) {
  const Result<fs::path> folder = git::hooks_folder(git::Git(context.folder, context.environment));
  if (!folder) return complain_of_git(context, folder.error());
  int code = exit_code::ok;
  for (const git::Trigger trigger : git::all_triggers) {
    if (!report(context, *folder, trigger)) code = exit_code::failed;
  }
  return code;
}

int run_uninstall(Context& context, const NoArguments&) {
  const Result<fs::path> folder = git::hooks_folder(git::Git(context.folder, context.environment));
  if (!folder) return complain_of_git(context, folder.error());
  for (const git::Trigger trigger : git::all_triggers) {
    const std::string_view file = git::hook_file_of(trigger);
    const Result<git::Uninstalled> done = git::uninstall_hook(*folder, trigger);
    if (!done) return complain_of_git(context, done.error());
    switch (*done) {
      case git::Uninstalled::was_missing:
        context.out << file << " was not installed\n";
        break;
      case git::Uninstalled::removed:
        context.out << "removed " << file << '\n';
        break;
      case git::Uninstalled::kept_other_lines:
        context.out << "removed our lines from " << file << "; the others stay\n";
        break;
      case git::Uninstalled::foreign:
        context.out << "left " << file << " alone: it is a non-Synapse hook\n";
        break;
    }
  }
  return exit_code::ok;
}

}  // namespace

Runner git_hook_install(OptionSet& set) {
  auto options = std::make_shared<HookOptions>();
  add_hook_options(set, *options);
  add_connection_options(set, options->connection);
  set.example("synapse git-hook install --name shop/alice");
  return runner(options, run_install);
}

Runner git_hook_uninstall(OptionSet& set) {
  set.example("synapse git-hook uninstall");
  return runner(std::make_shared<NoArguments>(), run_uninstall);
}

// Takes the options of `install`, so that one line of a script serves both; it needs none of them.
Runner git_hook_test(OptionSet& set) {
  auto options = std::make_shared<HookOptions>();
  add_hook_options(set, *options);
  add_connection_options(set, options->connection);
  set.example("synapse git-hook test || synapse git-hook install --name shop/alice");
  return runner(options, run_test);
}

}  // namespace synapse::cli::commands
