// SPDX-License-Identifier: AGPL-3.0-or-later
// A claim for the branch that is checked out, as git knows it here; the hub only keeps what it is
// told. Which hook ends the claim: git/release.hpp.
#include <csignal>
#include <ostream>

#include "base/shell_quote.hpp"
#include "cli/client/connection.hpp"
#include "cli/client/held_claim.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/git/git_hooks.hpp"
#include "cli/output/render.hpp"
#include "git/claim_scope.hpp"
#include "git/hooks.hpp"

namespace synapse::cli::commands {

namespace {

enum class EndsOn : std::size_t { manual, commit, merge };
const std::vector<std::string> ends_on_names{"manual", "commit", "merge"};

struct GitClaimArguments {
  ConnectionOptions connection;
  std::string task_id;
  std::vector<std::string> paths;
  std::optional<std::string> worktree;
  std::string base = "main";
  std::size_t ends_on = static_cast<std::size_t>(EndsOn::merge);
  std::optional<double> ttl;
  bool hold = false;

  [[nodiscard]] const std::string& mode() const { return ends_on_names[ends_on]; }
};

constexpr double held_ttl =
    300;  // Short, since it is renewed: what a killed holder leaves ends soon.

// With --worktree, as for `lock`, the paths are of that and stay as they are given.
Result<ClaimRequest> claim_request(const Context& context, const GitClaimArguments& options,
                                   const git::Repository& here) {
  Result<git::ClaimScope> scope = git::ClaimScope{};
  if (options.worktree) {
    scope = git::ClaimScope{*options.worktree, options.paths};
  } else {
    scope = git::resolve_claim_scope_in(here.top_level, options.paths, context.folder);
  }
  if (!scope) return scope.error();
  ClaimRequest request;
  request.task_id = options.task_id;
  request.worktree = scope->worktree;
  request.paths = std::move(scope->paths);
  request.ttl = options.ttl;
  if (options.hold && !request.ttl) request.ttl = held_ttl;
  request.git = Json{{"branch", here.branch},
                     {"base", options.base},
                     {"auto_release_on", options.mode()},
                     {"repo", here.common_dir}};
  return request;
}

// How a hook goes about its name: of the first version, under the one that was written into it.
ConnectionOptions hook_connection(const std::optional<std::string>& written) {
  ConnectionOptions connection;
  connection.name = written;
  return connection;
}

// Why no hook will end the claim; blank: one will.
std::string missing_hook(const Context& context, const GitClaimArguments& options,
                         const services::Caller& owner, const git::Git& git) {
  const git::Trigger trigger = options.ends_on == static_cast<std::size_t>(EndsOn::commit)
                                   ? git::Trigger::commit
                                   : git::Trigger::merge;
  const std::string file(git::hook_file_of(trigger));
  // A worktree that had a terminal's name would give it to every other terminal.
  const std::string to_name = owner.source == services::Caller::Source::terminal
                                  ? ""
                                  : " --name " + base::shell_quoted(shown(owner.name));
  const std::string remedy = "; run `synapse git-hook install" + to_name + "`";
  const auto folder = git::hooks_folder(git);
  const git::Hook hook = folder ? git::read_hook(*folder, trigger) : git::Hook{};
  if (hook.state == git::Hook::State::missing) return "there is no " + file + " hook here" + remedy;
  if (hook.state == git::Hook::State::foreign) {
    return "the " + file + " hook here is another program's";
  }
  const Result<services::Caller> actor = claimant_of(context, hook_connection(hook.name));
  if (actor && actor->name != owner.name) {
    return "the " + file + " hook here acts for " + shown(actor->name) + remedy;
  }
  if (options.worktree && options.ends_on == static_cast<std::size_t>(EndsOn::commit)) {
    return "a commit here is in another worktree";
  }
  return "";
}

void report(Context& context, const GitClaimArguments& options, const services::Caller& owner,
            const git::Git& git, const git::Repository& here) {
  context.out << "claimed '" << shown(options.task_id) << "' on branch " << shown(here.branch)
              << " (base " << shown(options.base) << ", auto-release on " << options.mode()
              << ")\n";
  if (options.ends_on == static_cast<std::size_t>(EndsOn::manual)) return;
  const std::string why = missing_hook(context, options, owner, git);
  if (why.empty()) return;
  context.out << "note: no hook will release it: " << why << ", or release it yourself: `synapse "
              << "release " << base::shell_quoted(shown(options.task_id)) << " --name "
              << base::shell_quoted(shown(owner.name)) << "`\n";
}

int run(Context& context, const GitClaimArguments& options) {
  if (!git::is_plain_ref(options.base)) {
    return explain_usage(context, fail(ErrorCode::bad_argument, "--base: '" + shown(options.base) +
                                                                    "' is no branch's name"));
  }
  const git::Git git(context.folder, context.environment);
  const Result<git::Repository> here = git::find_repository(git);
  if (!here) return explain_git(context.out, here.error());
  const Result<ClaimRequest> request = claim_request(context, options, *here);
  if (!request) return explain_usage(context, request.error());
  const Result<services::Caller> owner = claimant_of(context, options.connection);
  if (!owner) return explain_usage(context, owner.error());
  const Result<AgentOptions> settings = agent_options_for(context, options.connection, *owner);
  if (!settings) return explain_usage(context, settings.error());

  // From before the claim on, so that no signal leaves one behind that nobody holds.
  const auto watch = options.hold ? context.signals.watch({SIGINT, SIGTERM, SIGHUP}) : nullptr;
  {
    Agent agent(*settings);
    if (const std::optional<int> code = connect(context, agent, *settings)) return *code;
    const Result<Reply> reply = agent.claim(*request);
    if (!reply) return explain_silence(context, *settings, reply.error());
    if (!reply->granted) {
      context.out << "claim denied for '" << shown(options.task_id) << "': " << refusal(*reply)
                  << '\n';
      return exit_code::failed;
    }
  }
  name_owner(context, *owner, options.task_id);
  report(context, options, *owner, git, *here);
  if (!options.hold) return exit_code::ok;
  context.out.flush();
  return hold_claim(context, *settings, *watch, *request);
}

}  // namespace

Runner git_claim(OptionSet& set) {
  auto options = std::make_shared<GitClaimArguments>();
  set.argument("ID", options->task_id, "the task");
  set.list({"--paths", "PATH",
            "a file, folder or glob that will be changed (repeatable) [the whole worktree]"},
           options->paths);
  set.text({"--base", "BRANCH", "the branch that the work will be merged into"}, options->base);
  set.choice(
      {"--auto-release-on", "WHEN",
       "what ends the claim: merge (of its branch into BASE), commit (of its files), manual"},
      options->ends_on, ends_on_names);
  set.text({"--worktree", "TEXT", "what the paths are of [the git top level]"}, options->worktree);
  set.number({"--ttl", "SECONDS", "length of the lease [the hub's default; 300 with --hold]"},
             options->ttl, {30, 30 * 86'400});
  set.flag("--hold", options->hold, "stay, renewing the lease, until a signal; then release it");
  add_claiming_options(set, options->connection);
  set.example("synapse git-claim T7 --name shop/alice --paths src --paths 'docs/*.md'");
  set.example("synapse git-claim T7 --name shop/alice --auto-release-on commit");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
