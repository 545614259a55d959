// SPDX-License-Identifier: AGPL-3.0-or-later
// synapse hooks install | uninstall | mode: our guard in the settings of host programs, and what a
// repository wants of it.
#include <algorithm>
#include <system_error>

#include "base/control.hpp"
#include "base/file.hpp"
#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/client/token.hpp"
#include "cli/commands/commands.hpp"
#include "cli/setup/host_choice.hpp"
#include "cli/setup/program.hpp"
#include "git/place.hpp"
#include "guard/ask.hpp"
#include "guard/ground.hpp"
#include "services/hook_install.hpp"

namespace synapse::cli::commands {

namespace {

namespace fs = std::filesystem;
using services::HookChange;
using services::HookFile;
using services::HookInstaller;

constexpr mode_t mode_file_permissions = 0644;
constexpr mode_t note_permissions = 0600;

struct HooksOptions {
  HostChoice hosts;
  bool is_dry_run = false;
  std::size_t mode = 0;  // Of `modes`; 0: not said.
  std::optional<std::string> token_file;
};

const std::vector<std::string>& modes() {
  static const std::vector<std::string> words{"", "warn", "enforce"};
  return words;
}

std::string shown(std::string_view text) {
  return base::escape_control(text, base::LineBreaks::escape);
}

// The guard's program: `syn` beside this one.
fs::path syn_program(const Context& context) { return this_program(context).parent_path() / "syn"; }

HookInstaller installer(const Context& context) {
  return {syn_program(context).string(), services::hook_state_folder(context.environment)};
}

// Lines that came and went, for people; a changed file has few of them.
void print_difference(Context& context, const HookFile& file, const HookChange& change) {
  context.out << "--- " << shown(file.path.string()) << '\n';
  const auto lines = [](const std::optional<std::string>& text) {
    return base::split(text ? std::string_view(*text) : std::string_view(), '\n');
  };
  const auto before = lines(change.before);
  const auto after = lines(change.after);
  std::size_t head = 0;
  while (head < before.size() && head < after.size() && before[head] == after[head]) ++head;
  std::size_t tail = 0;
  while (tail < before.size() - head && tail < after.size() - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  for (std::size_t i = head; i < before.size() - tail; ++i) {
    context.out << "- " << shown(before[i]) << '\n';
  }
  for (std::size_t i = head; i < after.size() - tail; ++i) {
    context.out << "+ " << shown(after[i]) << '\n';
  }
}

int complain(Context& context, const guard::HostTraits& host, const Error& why) {
  context.err << context.command << ": " << host.title << ": " << shown(why.message) << '\n';
  return exit_code::failed;
}

// What only the user can do.
void print_next_step(Context& context, guard::Host host) {
  if (host == guard::Host::codex) {
    context.out << "  Codex runs no hook that you have not trusted: start `codex`, enter /hooks, "
                   "and trust the five of synapse.\n";
  }
  if (host == guard::Host::opencode) {
    context.out << "  OpenCode reads plugins when it starts: start it anew.\n";
  }
}

int change_host(Context& context, const HooksOptions& options, guard::Host id, const HookFile& file,
                const Result<HookChange>& change, bool installs) {
  const guard::HostTraits& host = guard::traits_of(id);
  if (!change) return complain(context, host, change.error());
  const std::string path = shown(file.path.string());
  if (!change->is_needed()) {
    context.out << host.title << ": " << (installs ? "installed in " : "nothing of ours in ")
                << path << " already\n";
    return exit_code::ok;
  }
  if (options.is_dry_run) {
    print_difference(context, file, *change);
    return exit_code::ok;
  }
  if (const Result<> done = installer(context).carry_out(file, *change); !done) {
    return complain(context, host, done.error());
  }
  context.out << host.title << ": " << (installs ? "installed in " : "taken out of ") << path
              << '\n';
  if (installs) print_next_step(context, id);
  return exit_code::ok;
}

// As it was said there, or in the main worktree of a linked one; nothing: it was not said yet.
std::optional<std::string> known_mode(const fs::path& worktree) {
  const auto ground = guard::find_ground(worktree);
  return ground ? guard::said_mode(*ground) : std::nullopt;
}

// Makes the repository one that counts, in this mode if one was said. Nothing: outside of any.
std::optional<Result<std::string>> enable_repository(const Context& context, std::size_t mode) {
  const auto place = git::find_place(context.folder, context.environment);
  if (!place) return std::nullopt;
  if (mode == 0) {
    if (std::optional<std::string> known = known_mode(place->top_level)) return *std::move(known);
    mode = 1;
  }
  const fs::path folder = place->top_level / guard::synapse_folder;
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return base::file_error(folder, "can't be made", error.value());
  const fs::path file = folder / guard::mode_file;
  const base::FileTraits traits{mode_file_permissions};
  if (auto failed = base::replace_file(file, modes()[mode] + "\n", traits)) {
    return base::file_error(file, "can't be written", failed.value());
  }
  return modes()[mode];
}

// What a new repository is to be, of `modes`; 0: nobody was there to say.
std::size_t asked_mode(const Context& context) {
  const auto place = git::find_place(context.folder, context.environment);
  if (!place || known_mode(place->top_level)) return 0;
  constexpr int times_max = 3;
  for (int i = 0; i < times_max; ++i) {
    const auto said = context.ask(
        "An edit of what another agent holds: shall it be refused (enforce), or shall the agent be "
        "told who holds it (warn)? [warn] ");
    if (!said) return 0;
    const std::string word = base::trimmed(*said);
    if (word.empty()) return 1;
    for (std::size_t mode = 1; mode < modes().size(); ++mode) {
      if (modes()[mode].starts_with(word)) return mode;
    }
  }
  return 0;
}

int explain_mode(Context& context, const std::optional<Result<std::string>>& mode) {
  if (!mode) {
    context.out << "Not in a repository: run `synapse hooks mode warn` or `synapse hooks mode "
                   "enforce` in each one that this is for.\n";
    return exit_code::ok;
  }
  if (!*mode) {
    context.err << context.command << ": " << shown(mode->error().message) << '\n';
    return exit_code::failed;
  }
  context.out << "This repository is in mode " << shown(**mode)
              << (**mode == "enforce" ? ": edits of what another agent holds are refused.\n"
                                      : ": agents are told who holds what they edit.\n");
  return exit_code::ok;
}

int note_token_file(Context& context, const std::string& file) {
  const fs::path note = guard::token_note_path(context.environment);
  std::error_code error;
  const fs::path token = fs::absolute(context.folder / file, error);
  if (const auto content = read_token_file(token.string(), "--token-file"); !content) {
    return explain_usage(context, content.error());
  }
  fs::create_directories(note.parent_path(), error);
  if (auto failed =
          base::replace_file(note, token.string() + "\n", base::FileTraits{note_permissions})) {
    context.err << context.command << ": "
                << base::file_error(note, "can't be written", failed.value()).message << '\n';
    return exit_code::failed;
  }
  return exit_code::ok;
}

int run_install(Context& context, const HooksOptions& given) {
  HooksOptions options = given;
  const auto hosts = chosen_hosts(context, options.hosts);
  if (!hosts) return explain_usage(context, hosts.error());
  if (options.mode == 0 && !options.is_dry_run) options.mode = asked_mode(context);
  int code = exit_code::ok;
  if (options.token_file && !options.is_dry_run) {
    code = note_token_file(context, *options.token_file);
    if (code != exit_code::ok) return code;
  }
  std::optional<Result<std::string>> mode;
  if (!options.is_dry_run) {
    mode = enable_repository(context, options.mode);
    code = explain_mode(context, mode);
  }
  const bool blocks = modes()[options.mode] == "enforce" || (mode && *mode && **mode == "enforce");
  const auto on_failure = blocks ? services::OnFailure::block : services::OnFailure::pass;
  if (hosts->empty()) context.out << "No assistant was found here; name one with --for.\n";
  for (const guard::Host host : *hosts) {
    const auto file = chosen_file(context, options.hosts, host);
    if (!file) {
      context.out << guard::traits_of(host).title << ": not installed by us; see docs/hooks.md\n";
      continue;
    }
    const auto change = installer(context).plan_install(*file, on_failure);
    code = std::max(code, change_host(context, options, host, *file, change, true));
  }
  return code;
}

int run_uninstall(Context& context, const HooksOptions& options) {
  const auto hosts = chosen_hosts(context, options.hosts);
  if (!hosts) return explain_usage(context, hosts.error());
  int code = exit_code::ok;
  for (const guard::Host host : *hosts) {
    const auto file = chosen_file(context, options.hosts, host);
    if (!file) continue;
    const auto change = installer(context).plan_uninstall(*file);
    code = std::max(code, change_host(context, options, host, *file, change, false));
  }
  return code;
}

// The host's own switch for hooks that fail, where they are installed already.
int close_on_failure(Context& context) {
  int code = exit_code::ok;
  for (const guard::HostTraits& host : guard::all_hosts()) {
    for (const bool is_project : {false, true}) {
      HooksOptions options;
      options.hosts.is_project = is_project;
      const auto file = chosen_file(context, options.hosts, host.host);
      if (!file || !services::is_installed(*file)) continue;
      const auto change = installer(context).plan_install(*file, services::OnFailure::block);
      if (change && !change->is_needed()) continue;
      code = std::max(code, change_host(context, options, host.host, *file, change, true));
    }
  }
  return code;
}

int run_mode(Context& context, const HooksOptions& options) {
  const auto mode = enable_repository(context, options.mode + 1);
  if (!mode) {
    context.err << context.command << ": not in a git repository\n";
    return exit_code::failed;
  }
  const int code = explain_mode(context, mode);
  if (code != exit_code::ok || **mode != "enforce") return code;
  return close_on_failure(context);
}

}  // namespace

Runner hooks_install(OptionSet& set) {
  auto options = std::make_shared<HooksOptions>();
  add_host_options(set, options->hosts);
  set.choice({"--mode", "MODE",
              "of this repository: warn tells an agent who holds what it edits, enforce refuses "
              "the edit [as it is; else asked at a terminal, or warn]"},
             options->mode, modes());
  set.text({"--token-file", "FILE",
            "file with the token of a secured hub that is reached by TCP, readable by its owner "
            "only, outside of the repository"},
           options->token_file);
  set.flag("--dry-run", options->is_dry_run, "print what would change, and change nothing");
  set.example("synapse hooks install --mode enforce     # once in a repository");
  set.example("synapse hooks install --for claude,codex --dry-run");
  return runner(options, run_install);
}

Runner hooks_uninstall(OptionSet& set) {
  auto options = std::make_shared<HooksOptions>();
  add_host_options(set, options->hosts);
  set.flag("--dry-run", options->is_dry_run, "print what would change, and change nothing");
  set.example("synapse hooks uninstall --for all");
  return runner(options, run_uninstall);
}

Runner hooks_mode(OptionSet& set) {
  auto options = std::make_shared<HooksOptions>();
  set.choice_argument("MODE", options->mode, {"warn", "enforce"},
                      "warn tells an agent who holds what it edits, enforce refuses the edit");
  set.example("synapse hooks mode enforce");
  return runner(options, run_mode);
}

}  // namespace synapse::cli::commands
