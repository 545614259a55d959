// SPDX-License-Identifier: AGPL-3.0-or-later
// What the git hooks run, on every commit and merge: so it must be quick, must never fail one, and
// must never hold one up. The hub is asked first, since mostly it has no claim that could be ended,
// and then git is not needed at all.
//
// It observes first, which is in nobody's way and tells nobody of a commit, and only takes its name
// when there is something to release.
#include <algorithm>
#include <memory>
#include <ostream>

#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/git/git_hooks.hpp"
#include "cli/output/render.hpp"
#include "git/hooks.hpp"
#include "git/place.hpp"
#include "git/release.hpp"

namespace synapse::cli::commands {

namespace {

struct GitReleaseArguments {
  ConnectionOptions connection;
  std::string trigger;
};

// One run of the hook.
class Errand {
 public:
  Errand(Context& context, AgentOptions settings, git::Trigger trigger, base::Mono end)
      : context_(context), settings_(std::move(settings)), trigger_(trigger), end_(end) {}

  // `terminal`: the name of this terminal, which it goes by if that has claims.
  int run(const git::Git& git, const std::optional<git::Place>& place,
          const std::string& terminal) {
    const Result<std::vector<git::BranchClaim>> claims = look();
    if (!claims) return without_hub(claims.error());
    const bool is_terminals =
        std::any_of(claims->begin(), claims->end(),
                    [&](const git::BranchClaim& claim) { return claim.owner == terminal; });
    if (is_terminals) settings_.name = terminal;
    const std::vector<git::BranchClaim> mine =
        git::worth_a_look(*claims, settings_.name, trigger_, place);
    if (mine.empty()) return exit_code::ok;
    const base::Mono before = context_.clock.now().mono;
    const Result<std::vector<git::Ended>> ended = git::ended_by(trigger_, mine, git, place);
    if (!ended) return explain_git(context_.out, ended.error());
    // The bound is on what the hub makes a commit wait for. A merge of half the tree takes git a
    // while, and whoever merges expects that.
    end_ += context_.clock.now().mono - before;
    return release(*ended);
  }

 private:
  [[nodiscard]] std::chrono::milliseconds left() const {
    return std::max(time_until(context_, end_), std::chrono::milliseconds(1));
  }

  Result<> connect(AgentOptions::Kind kind) {
    settings_.kind = kind;
    settings_.ready_timeout = left();
    agent_ = std::make_unique<Agent>(settings_);
    return agent_->connect();
  }

  Result<std::vector<git::BranchClaim>> look() {
    if (Result<> connected = connect(AgentOptions::Kind::observer); !connected) {
      return connected.error();
    }
    const Result<Reply> reply = agent_->request({{"type", "state_request"}}, left());
    if (!reply) return reply.error();
    if (!reply->granted) return fail(ErrorCode::cancelled, refusal(*reply));
    return branch_claims_of(*reply->frame);
  }

  int release(const std::vector<git::Ended>& all) {
    const bool is_any = std::any_of(all.begin(), all.end(),
                                    [](const git::Ended& ended) { return !ended.claims.empty(); });
    if (!is_any) return exit_code::ok;
    if (const Result<> connected = connect(AgentOptions::Kind::command); !connected) {
      return without_hub(connected.error());
    }
    for (const git::Ended& ended : all) {
      std::vector<std::string> released;
      for (const git::BranchClaim& claim : ended.claims) {
        // By its epoch: the claim that was seen, and no newer one of the same task.
        const Result<Reply> reply = agent_->request(
            {{"type", "release"}, {"task_id", claim.task_id}, {"epoch", claim.epoch}}, left());
        if (reply && reply->granted) {
          released.push_back(claim.task_id);
        } else {
          context_.err << '[' << shown(settings_.name) << "] '" << shown(claim.task_id)
                       << "' is not released: "
                       << (reply ? refusal(*reply) : shown(reply.error().message)) << '\n';
        }
      }
      if (released.empty()) continue;
      context_.out << "released on " << name_of(ended.by) << ": "
                   << shown(base::join(released, ", ")) << '\n';
    }
    return exit_code::ok;
  }

  // No commit fails for want of a hub. A hub that refuses is one to be told of.
  int without_hub(const Error& why) {
    const int code = explain_failure(context_, settings_, why);
    switch (why.code) {
      case ErrorCode::unreachable:
      case ErrorCode::timed_out:
      case ErrorCode::closed:
        return exit_code::ok;
      default:
        return code;
    }
  }

  Context& context_;
  AgentOptions settings_;
  git::Trigger trigger_;
  base::Mono end_;
  std::unique_ptr<Agent> agent_;
};

Result<git::Trigger> trigger_of(const GitReleaseArguments& options) {
  for (const git::Trigger trigger : git::all_triggers) {
    if (options.trigger == name_of(trigger)) return trigger;
  }
  return fail(ErrorCode::bad_argument,
              "git-release: give --trigger commit or --trigger merge; it is meant for git's hooks. "
              "To end a claim by hand: synapse release ID --name NAME");
}

int run(Context& context, const GitReleaseArguments& options) {
  const Result<git::Trigger> trigger = trigger_of(options);
  if (!trigger) return explain_usage(context, trigger.error());
  const std::optional<git::Place> place = git::find_place(context.folder, context.environment);
  if (!place && !context.environment.get("GIT_DIR")) {
    return explain_git(context.out,
                       fail(ErrorCode::not_found, "not in a work tree of a git repository"));
  }
  const git::Git git(context.folder, context.environment);
  const Result<services::Caller> caller = caller_of(context, options.connection);
  if (!caller) return explain_usage(context, caller.error());
  const Result<services::Caller> claimant = claimant_of(context, options.connection);
  if (!claimant) return explain_usage(context, claimant.error());
  Result<AgentOptions> settings = agent_options_for(context, options.connection, *caller);
  if (!settings) return explain_usage(context, settings.error());
  const base::Mono end =
      context.clock.now().mono + base::from_seconds(options.connection.ready_timeout);
  return Errand(context, *std::move(settings), *trigger, end).run(git, place, claimant->name);
}

}  // namespace

Runner git_release(OptionSet& set) {
  auto options = std::make_shared<GitReleaseArguments>();
  options->connection.ready_timeout = hook_patience;
  set.text({"--trigger", "WHAT", "what has just happened: commit or merge"}, options->trigger);
  add_connection_options(set, options->connection);
  set.example("synapse git-release --trigger commit --name shop/alice");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
