// SPDX-License-Identifier: AGPL-3.0-or-later
// A repository made ready for agents that claim: the hooks, a guide for the agent that opens it
// next, and, if asked for, the services of `synapse init`.
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/git/git_hooks.hpp"
#include "cli/output/render.hpp"
#include "cli/output/screen.hpp"
#include "cli/setup/user_services.hpp"
#include "git/repository.hpp"
#include "git/small_file.hpp"

namespace synapse::cli::commands {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view guide_mark = "<!-- synapse-git-init -->";
constexpr std::string_view guide_name = ".synapse/git-claims.md";

struct GitInitArguments {
  HookOptions hooks;
  std::string base = "main";
  services::IdentityOptions service_project;
  std::optional<std::string> service_identity;
  ServiceOptions services;

  [[nodiscard]] bool wants_services() const { return services.install || services.start; }
};

// BASE stands for the branch that claims start from.
constexpr std::string_view guide_text = R"(
# Working in this repository beside other agents

Whoever changes files here claims them first, at the Synapse hub. A claim is refused while another
agent has one that overlaps; it ends when the work is committed or merged, or when its time is up.

- **One claim, one branch.** Call it `claim/<task-id>` and start it from `BASE`. Then the branch
  says whose work it is, and `synapse conflicts` can compare it with the others.
- **One claim, one worktree.** Files of two tasks never mix, and neither has to wait until the
  other is committed.

Start:

```
git worktree add -b claim/<task-id> ../<task-id> BASE
cd ../<task-id>
synapse git-hook install --name <you>    # names this worktree after you
synapse git-claim <task-id> --base BASE --paths src/parser --paths docs/parser.md
```

Without `--paths` the claim is on the whole worktree. `--auto-release-on` says what ends it:
`merge`, when its branch has been merged into `BASE` (the default); `commit`, when you commit a file
of it; `manual`.

Look, and finish:

```
synapse state                            # who has claimed what
synapse conflicts --check-diff           # which branches have changed the same files
synapse release <task-id>                # to end a claim yourself
git worktree remove ../<task-id>
```

The hooks in this repository end claims; `synapse git-hook test` tells whether they can. They never
hold up or fail a commit, with a hub or without.
)";

std::string guide(const std::string& base) {
  constexpr std::string_view placeholder = "BASE";
  std::string text = std::string(guide_mark) + std::string(guide_text);
  for (std::size_t at = text.find(placeholder); at != std::string::npos;
       at = text.find(placeholder, at + base.size())) {
    text.replace(at, placeholder.size(), base);
  }
  return text;
}

std::optional<int> write_guide(Context& context, const GitInitArguments& options,
                               const fs::path& top) {
  const fs::path file = top / guide_name;
  std::error_code error;
  const bool is_there = fs::symlink_status(file, error).type() != fs::file_type::not_found;
  if (is_there && git::read_start(file).value_or("").find(guide_mark) == std::string::npos) {
    context.out << "skipped " << guide_name << ": a non-Synapse file already exists\n";
    return std::nullopt;
  }
  constexpr unsigned for_all_to_read = 0666;
  const Result<> written = git::replace_file(file, guide(options.base), for_all_to_read);
  if (!written) {
    context.err << context.command << ": " << shown(written.error().message) << '\n';
    return exit_code::failed;
  }
  context.out << (is_there ? "updated " : "wrote ") << guide_name
              << " (branch convention + worktree guide)\n";
  return std::nullopt;
}

Result<services::Identity> served(const Context& context, const GitInitArguments& options) {
  Result<services::Identity> who =
      services::resolve_identity(context.environment, context.folder, options.service_project);
  if (who && options.service_identity) who->identity = *options.service_identity;
  return who;
}

int set_up(Context& context, const GitInitArguments& options, const services::Identity& who) {
  ServiceOptions services = options.services;
  // One --synapse-bin for the hooks and the units.
  if (!options.hooks.program.empty()) services.program = options.hooks.program;
  const auto steps = set_up_services(context, services, who);
  if (!steps) {
    context.err << context.command << ": " << shown(steps.error().message) << '\n';
    return steps.error().code == ErrorCode::bad_argument ? exit_code::usage : exit_code::failed;
  }
  context.out << render_steps(*steps);
  return has_failed(*steps) ? exit_code::failed : exit_code::ok;
}

int run(Context& context, const GitInitArguments& options) {
  const Result<services::Identity> who = served(context, options);
  if (!who) return explain_usage(context, who.error());
  // Before anything is written.
  if (options.wants_services()) {
    const auto good = set_up_lines(*who);
    if (!good) return explain_usage(context, good.error());
  }
  if (!git::is_plain_ref(options.base)) {
    return explain_usage(context, fail(ErrorCode::bad_argument, "--base: '" + shown(options.base) +
                                                                    "' is no branch's name"));
  }
  const git::Git git(context.folder, context.environment);
  const Result<git::Repository> here = git::find_repository(git);
  if (!here) return complain_of_git(context, here.error());
  if (const auto code = install_hooks(context, options.hooks, git)) return *code;
  if (const auto code = write_guide(context, options, here->top_level)) return *code;
  if (options.wants_services()) return set_up(context, options, *who);
  context.out.flush();
  hint(context,
       "Next: `synapse git-claim TASK --paths FILES`, before you edit them. .synapse/ is for "
       "the repository: commit it.");
  return exit_code::ok;
}

}  // namespace

Runner git_init(OptionSet& set) {
  auto options = std::make_shared<GitInitArguments>();
  set.text({"--base", "BRANCH", "the branch that claims start from and are merged into"},
           options->base);
  add_hook_options(set, options->hooks);
  add_service_options(set, options->services);
  set.text(
      {"--service-project", "PROJECT", "the project that is kept present [as `syn name` has it]"},
      options->service_project.project);
  set.text(
      {"--service-identity", "NAME", "whose messages the listener hears [as `syn name` has it]"},
      options->service_identity);
  add_connection_options(set, options->hooks.connection);
  set.example("synapse git-init --name shop/alice --base develop");
  set.example("synapse git-init --name shop/alice --start-user-services");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
