// SPDX-License-Identifier: AGPL-3.0-or-later
// What the git hooks run, on every commit and merge: so it must be quick, must never fail one, and
// must never hold one up. The hub is asked first, since mostly it has no claim that could be ended,
// and then git is not needed at all.
//
// The owner's name may be in use, by an agent that stays connected or by another of its commands.
// Then the hub is asked without a name, and only if there is something to release does the hook try
// again for the name, as long as its time lasts.
#include <csignal>
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

  int run(const git::Git& git, const std::optional<git::Place>& place) {
    const Result<std::vector<git::BranchClaim>> claims = look();
    if (!claims) return without_hub(claims.error());
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

  Result<> connect_as(const std::string& name) {
    AgentOptions settings = settings_;
    settings.name = name;
    settings.ready_timeout = left();
    agent_ = std::make_unique<Agent>(std::move(settings));
    return agent_->connect();
  }

  Result<std::vector<git::BranchClaim>> look() {
    Result<> connected = connect_as(settings_.name);
    has_name_ = connected.has_value();
    if (!connected && connected.error().code == ErrorCode::name_conflict)
      connected = connect_as("");
    if (!connected) return connected.error();
    const Result<Reply> reply = agent_->request({{"type", "state_request"}}, left());
    if (!reply) return reply.error();
    if (!reply->granted) return fail(ErrorCode::cancelled, refusal(*reply));
    return branch_claims_of(*reply->frame);
  }

  Result<> take_name() {
    constexpr std::chrono::milliseconds retry_delay(20);
    std::optional<Error> refusal;
    while (!has_name_) {
      const Result<> connected = connect_as(settings_.name);
      has_name_ = connected.has_value();
      if (has_name_) break;
      // The last try may have had no time left; the name is why all the same.
      if (connected.error().code != ErrorCode::name_conflict) {
        return refusal.value_or(connected.error());
      }
      refusal = connected.error();
      if (time_until(context_, end_) <= retry_delay) return *refusal;
      const auto watch = context_.signals.watch({SIGINT, SIGTERM});
      if (sleep_unless_signalled(*watch, retry_delay) && watch->take()) {
        return fail(ErrorCode::cancelled);
      }
    }
    return {};
  }

  int release(const std::vector<git::Ended>& all) {
    for (const git::Ended& ended : all) {
      if (ended.claims.empty()) continue;
      if (const Result<> named = take_name(); !named) return without_hub(named.error());
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
  bool has_name_ = false;
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
  const std::filesystem::path git_dir = place ? place->git_dir : std::filesystem::path();
  const git::Git git(context.folder, context.environment);
  ConnectionOptions connection = options.connection;
  connection.name = git::worktree_name(git, git_dir).value_or(hook_name(context, connection.name));
  Result<AgentOptions> settings = agent_options(context, connection);
  if (!settings) return explain_usage(context, settings.error());
  const base::Mono end = context.clock.now().mono + base::from_seconds(connection.ready_timeout);
  return Errand(context, *std::move(settings), *trigger, end).run(git, place);
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
