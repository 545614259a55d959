// SPDX-License-Identifier: AGPL-3.0-or-later
// A claim for the branch that is checked out, as git knows it here; the hub only keeps what it is
// told. Which hook ends the claim: git/release.hpp.
#include <csignal>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "base/shell_quote.hpp"
#include "cli/client/connection.hpp"
#include "cli/client/held_claim.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/claim_memory.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/git/git_hooks.hpp"
#include "cli/git/own_claim.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"
#include "git/claim_scope.hpp"
#include "git/hooks.hpp"
#include "git/place.hpp"

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
  bool json = false;
  bool add = false;

  [[nodiscard]] const std::string& mode() const { return ends_on_names[ends_on]; }
};

constexpr double held_ttl =
    300;  // Short, since it is renewed: what a killed holder leaves ends soon.

// What is claimed, and the repository that it lies in: of the paths and not of this folder, which
// may be another one's.
struct Target {
  git::ClaimScope scope;
  git::Git git;
  git::Repository here;
};

// An Error with not_found: there is no repository, says git. Others are of the command line.
Result<Target> find_target(const Context& context, const GitClaimArguments& options) {
  Result<git::ClaimScope> scope = git::resolve_claim_scope(
      {options.paths, context.folder, options.worktree}, context.environment);
  if (!scope) return scope.error();
  if (scope->worktree.empty() && !scope->paths.empty() &&
      git::find_place(context.folder, context.environment)) {
    return fail(ErrorCode::bad_argument,
                scope->paths.front() + " is outside of every repository; see synapse lock --paths");
  }
  const std::filesystem::path top = scope->worktree;
  std::error_code error;
  const bool is_folder = top.is_absolute() && std::filesystem::is_directory(top, error);
  const git::Git git(is_folder ? top : context.folder, context.environment);
  Result<git::Repository> here = git::find_repository(git);
  if (!here) return fail(ErrorCode::not_found, here.error().message);
  return Target{*std::move(scope), git, *std::move(here)};
}

ClaimRequest claim_request(const GitClaimArguments& options, const Target& target) {
  ClaimRequest request;
  request.task_id = options.task_id;
  request.worktree = target.scope.worktree;
  request.paths = target.scope.paths;
  request.ttl = options.ttl;
  if (options.hold && !request.ttl) request.ttl = held_ttl;
  request.git = Json{{"branch", target.here.branch},
                     {"base", options.base},
                     {"auto_release_on", options.mode()},
                     {"repo", target.here.common_dir}};
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
                         const services::Caller& owner, const Target& target) {
  const git::Trigger trigger = options.ends_on == static_cast<std::size_t>(EndsOn::commit)
                                   ? git::Trigger::commit
                                   : git::Trigger::merge;
  const std::string file(git::hook_file_of(trigger));
  // A worktree that had a terminal's name would give it to every other terminal.
  const std::string to_name = owner.source == services::Caller::Source::terminal
                                  ? ""
                                  : " --name " + base::shell_quoted(shown(owner.name));
  const std::string remedy = "; run `synapse git-hook install" + to_name + "`";
  const auto folder = git::hooks_folder(target.git);
  const git::Hook hook = folder ? git::read_hook(*folder, trigger) : git::Hook{};
  if (hook.state == git::Hook::State::missing) return "there is no " + file + " hook here" + remedy;
  if (hook.state == git::Hook::State::foreign) {
    return "the " + file + " hook here is another program's";
  }
  const Result<services::Caller> actor = claimant_of(context, hook_connection(hook.name));
  if (actor && actor->name != owner.name) {
    return "the " + file + " hook here acts for " + shown(actor->name) + remedy;
  }
  if (target.scope.worktree != target.here.top_level && trigger == git::Trigger::commit) {
    return "a commit here is in another worktree";
  }
  return "";
}

void report(Context& context, const GitClaimArguments& options, const services::Caller& owner,
            const Target& target) {
  context.out << "claimed '" << shown(options.task_id) << "' on branch "
              << shown(target.here.branch) << " (base " << shown(options.base)
              << ", auto-release on " << options.mode() << ")\n";
  if (options.ends_on == static_cast<std::size_t>(EndsOn::manual)) return;
  const std::string why = missing_hook(context, options, owner, target);
  if (why.empty()) return;
  context.out << "note: no hook will release it: " << why << ", or release it yourself: `synapse "
              << "release " << base::shell_quoted(shown(options.task_id)) << " --name "
              << base::shell_quoted(shown(owner.name)) << "`\n";
}

int refused(Context& context, const GitClaimArguments& options, const Reply& reply) {
  if (options.json) {
    context.out << render_json(*reply.frame);
  } else {
    context.out << "claim denied for '" << shown(options.task_id)
                << "': " << refusal_with_end(context, reply) << '\n';
  }
  return exit_code::failed;
}

int unanswered(Context& context, const AgentOptions& settings, const Error& why) {
  explain_silence(context, settings, why);
  return exit_code::unreachable;
}

// Makes the request one that takes nothing away which it was not asked to.
Result<> fit_to_own(const Context& context, const GitClaimArguments& options,
                    const std::optional<Json>& before, ClaimRequest& request) {
  if (!before) return {};
  if (!options.ttl) keep_length_of(context, *before, request);
  return options.add ? add_files_of(*before, request) : Result<>();
}

void tell_given_up(Context& context, const GitClaimArguments& options, const Json& before,
                   const ClaimRequest& request) {
  const std::vector<std::string> paths = given_up(before, request);
  if (paths.empty()) return;
  std::string files;
  for (const std::string& path : paths) {
    files += (files.empty() ? "" : ", ") + (path.empty() ? "the rest of the worktree" : path);
  }
  const std::string where = text_of(before, "worktree");
  if (where != request.worktree.value_or("")) files += " in " + where;
  context.err << "note: '" << shown(options.task_id) << "' no longer has " << shown(files)
              << " (--add keeps what a claim has)\n";
}

int run(Context& context, const GitClaimArguments& options) {
  if (!git::is_plain_ref(options.base)) {
    return explain_usage(context, fail(ErrorCode::bad_argument, "--base: '" + shown(options.base) +
                                                                    "' is no branch's name"));
  }
  const Result<Target> target = find_target(context, options);
  if (!target) {
    return target.error().code == ErrorCode::not_found ? explain_git(context.out, target.error())
                                                       : explain_usage(context, target.error());
  }
  const Result<services::Caller> owner = claimant_of(context, options.connection);
  if (!owner) return explain_usage(context, owner.error());
  const Result<AgentOptions> settings = agent_options_for(context, options.connection, *owner);
  if (!settings) return explain_usage(context, settings.error());

  // From before the claim on, so that no signal leaves one behind that nobody holds.
  const auto watch = options.hold ? context.signals.watch({SIGINT, SIGTERM, SIGHUP}) : nullptr;
  ClaimRequest request = claim_request(options, *target);
  const ClaimMemory memory(git::find_place(target->here.top_level, context.environment));
  base::Mono sent_at{0};
  {
    Agent agent(*settings);
    if (const Result<> connected = agent.connect(); !connected) {
      return without_hub(context, *settings, connected.error());
    }
    tell_ended_claims(context, agent, memory, owner->name);
    const auto before = find_own_claim(agent, owner->name, options.task_id);
    if (!before) return unanswered(context, *settings, before.error());
    if (const Result<> fits = fit_to_own(context, options, *before, request); !fits) {
      return explain_usage(context, fits.error());
    }
    sent_at = context.clock.now().mono;
    const Result<Reply> reply = agent.claim(request);
    if (!reply) return unanswered(context, *settings, reply.error());
    if (!reply->granted) return refused(context, options, *reply);
    if (options.json) context.out << render_json(*reply->frame);
    // One that is held doesn't run out unnoticed.
    if (!options.hold) memory.remember(*reply->frame);
    if (*before) tell_given_up(context, options, **before, request);
  }
  name_owner(context, *owner, options.task_id);
  tell_not_there(context.err, target->scope.not_there);
  if (!options.json) report(context, options, *owner, *target);
  if (!options.hold) return exit_code::ok;
  context.out.flush();
  return hold_claim(context, *settings, *watch, request, sent_at);
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
  set.flag("--add", options->add, "keep the files that the claim has already, and add these");
  set.flag("--json", options->json, "print the hub's answer as one JSON document");
  add_claiming_options(set, options->connection);
  set.example("synapse git-claim T7 --name shop/alice --paths src --paths 'docs/*.md'");
  set.example("synapse git-claim T7 --name shop/alice --auto-release-on commit");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
