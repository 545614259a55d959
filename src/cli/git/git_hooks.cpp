// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/git/git_hooks.hpp"

#include <array>
#include <cstdio>
#include <ostream>
#include <vector>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/output/render.hpp"
#include "cli/setup/program.hpp"
#include "git/hooks.hpp"
#include "synapse/protocol.hpp"

namespace synapse::cli {

namespace {

namespace fs = std::filesystem;

// A file named here and opened from wherever the hook will run.
std::string absolute(const Context& context, const std::string& file) {
  return (context.folder / file).lexically_normal().string();
}

std::string program_of(const Context& context, const HookOptions& options) {
  if (options.program.empty()) return this_program(context).string();
  const bool is_path = options.program.find('/') != std::string::npos;
  return is_path ? absolute(context, options.program) : options.program;
}

std::string seconds_text(double seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", seconds);
  return text.data();
}

// What follows the trigger.
std::vector<std::string> words_of(const Context& context, const ConnectionOptions& options) {
  std::string uri = options.uri.value_or(context.environment.get("SYNAPSE_URI").value_or(""));
  if (uri.empty()) uri = protocol::default_uri;
  std::vector<std::string> words{"--uri", uri};
  if (options.token.file && !options.token.file->empty()) {
    words.insert(words.end(), {"--token-file", absolute(context, *options.token.file)});
  }
  if (!options.tls_ca.empty()) {
    words.insert(words.end(), {"--tls-ca", absolute(context, options.tls_ca)});
  }
  if (options.tls_insecure) words.emplace_back("--tls-insecure");
  if (options.ready_timeout != hook_patience) {
    words.insert(words.end(), {"--ready-timeout", seconds_text(options.ready_timeout)});
  }
  return words;
}

Result<> check(const Context& context, const HookOptions& options, const std::string& name) {
  if (base::trim(name).empty()) {
    return fail(ErrorCode::bad_argument, "--name: the hooks have to act for somebody");
  }
  const std::string program = program_of(context, options);
  if (program.empty()) {
    return fail(ErrorCode::bad_argument, "--synapse-bin: say which program the hooks shall run");
  }
  std::vector<std::string> words = words_of(context, options.connection);
  words.insert(words.end(), {program, name});
  for (const std::string& word : words) {
    if (base::has_control(word)) {
      return fail(ErrorCode::bad_argument, "'" + shown(word) + "' can't stand in a hook");
    }
  }
  return {};
}

// Hooks are shared by all worktrees and find out for whom they act where they run: so the name goes
// into this worktree's configuration. One that a hook of the first version had in it was the main
// worktree's.
void name_worktrees(Context& context, const git::Git& git, const services::Caller& caller,
                    const std::optional<std::string>& written) {
  const Result<git::Repository> here = git::find_repository(git);
  if (!here) return;
  using Source = services::Caller::Source;
  // A session's name is no longer than it.
  const bool is_said = caller.source != Source::none && caller.source != Source::session;
  Result<> named;
  if (written && (here->is_linked_worktree() || !is_said)) {
    named = git::set_main_worktree_name(git, *here, *written);
  }
  if (named && is_said) named = git::set_worktree_name(git, caller.name);
  if (named) return;
  context.err << context.command
              << ": the hooks find no name of this worktree: " << shown(named.error().message)
              << std::endl;
}

}  // namespace

void add_hook_options(OptionSet& set, HookOptions& options) {
  set.text({"--synapse-bin", "FILE", "the program that is run later [this one]"}, options.program);
}

std::optional<int> install_hooks(Context& context, const HookOptions& options,
                                 const git::Git& git) {
  const Result<services::Caller> caller = caller_of(context, options.connection);
  if (!caller) return explain_usage(context, caller.error());
  if (const Result<> good = check(context, options, caller->name); !good) {
    return explain_usage(context, good.error());
  }
  const Result<fs::path> folder = git::hooks_folder(git);
  if (!folder) return complain_of_git(context, folder.error());
  if (options.connection.token.token) {
    context.err
        << "synapse: warning: the hooks don't get the --token, since everybody could read it "
           "in them; give --token-file, or set $SYNAPSE_TOKEN where you commit"
        << std::endl;
  }
  std::optional<std::string> written;
  const std::vector<std::string> words = words_of(context, options.connection);
  for (const git::Trigger trigger : git::all_triggers) {
    if (!written) written = git::read_hook(*folder, trigger).name;
    const Result<bool> installed = git::install_hook(
        *folder, trigger, git::hook_script(trigger, program_of(context, options), words));
    if (!installed) return complain_of_git(context, installed.error());
    const std::string_view file = git::hook_file_of(trigger);
    if (*installed) {
      context.out << "installed " << file << " (releases claims set to auto-release on "
                  << name_of(trigger) << ")\n";
    } else {
      context.out << "skipped " << file << ": a non-Synapse hook already exists\n";
    }
  }
  name_worktrees(context, git, *caller, written);
  return std::nullopt;
}

}  // namespace synapse::cli
