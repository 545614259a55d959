// SPDX-License-Identifier: AGPL-3.0-or-later
// What the git hooks run, on every commit and merge: so it must be quick, must never fail one, and
// must never hold one up. The hub is asked first, since mostly it has no claim that could be ended,
// and then git is not needed at all.
//
// A rebase commits what was committed before, once for each pick: it ends nothing, and nothing is
// asked for it. A hub that hangs costs a commit its whole patience, so the next ones of that minute
// have less.
//
// It observes first, which is in nobody's way and tells nobody of a commit, and only takes its name
// when there is something to release.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>
#include <system_error>

#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/claim_memory.hpp"
#include "cli/git/edit_claims.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/git/git_hooks.hpp"
#include "cli/output/render.hpp"
#include "git/hooks.hpp"
#include "git/place.hpp"
#include "git/release.hpp"
#include "git/small_file.hpp"

namespace synapse::cli::commands {

namespace {

struct GitReleaseArguments {
  ConnectionOptions connection;
  std::string trigger;
};

// What the hooks of a worktree know of a hub that took a connection and said nothing: a file beside
// git's own, with the time and the hub.
class HungHub {
 public:
  HungHub(const std::optional<git::Place>& place, std::string uri) : uri_(std::move(uri)) {
    if (place && !place->git_dir.empty()) file_ = place->git_dir / "synapse-hub-hangs";
  }

  [[nodiscard]] bool was_found(double now) const {
    constexpr double memory = 60;  // Seconds.
    const std::string text = file_.empty() ? "" : git::read_start(file_).value_or("");
    const std::size_t end = text.find(' ');
    if (end == std::string::npos || base::trimmed(text.substr(end)) != uri_) return false;
    const double age = now - std::strtod(text.c_str(), nullptr);
    return age >= 0 && age < memory;
  }
  void remember(double now) const {
    constexpr unsigned private_mode = 0600;
    if (file_.empty()) return;
    // Without it the next commit is a second slower, and that is all.
    static_cast<void>(git::replace_file(
        file_, std::to_string(static_cast<std::int64_t>(now)) + ' ' + uri_ + '\n', private_mode));
  }
  void forget() const {
    std::error_code error;
    if (!file_.empty()) std::filesystem::remove(file_, error);
  }

 private:
  std::filesystem::path file_;
  std::string uri_;
};

// One run of the hook.
class Errand {
 public:
  Errand(Context& context, AgentOptions settings, git::Trigger trigger, HungHub hung,
         base::Mono end)
      : context_(context),
        settings_(std::move(settings)),
        trigger_(trigger),
        hung_(std::move(hung)),
        end_(end) {}

  // `terminal`: the name of this terminal, which it goes by if that has claims.
  int run(const git::Git& git, const std::optional<git::Place>& place,
          const std::string& terminal) {
    const Result<std::shared_ptr<const Json>> state = look();
    if (!state) {
      if (state.error().code == ErrorCode::timed_out) hung_.remember(context_.clock.now().wall);
      return without_hub(state.error());
    }
    hung_.forget();
    const std::vector<git::BranchClaim> claims = branch_claims_of(**state);
    const bool is_terminals =
        std::any_of(claims.begin(), claims.end(),
                    [&](const git::BranchClaim& claim) { return claim.owner == terminal; });
    if (is_terminals) settings_.name = terminal;
    memory_.emplace(place);
    const Json& live = member(member(**state, "snapshot"), "active_claims");
    for (const std::string& owner : {settings_.name, terminal}) {
      memory_->tell_ended(context_, owner, live);
    }
    if (trigger_ == git::Trigger::merge) mention_others(claims, git, place);
    const std::vector<git::BranchClaim> mine =
        git::worth_a_look(claims, settings_.name, trigger_, place);
    std::vector<EditClaim> edits;
    if (trigger_ == git::Trigger::commit && place) {
      edits = edit_claims(live, settings_.name, place->top_level);
    }
    if (mine.empty() && edits.empty()) return exit_code::ok;
    const base::Mono before = context_.clock.now().mono;
    const Result<std::vector<git::Ended>> ended = git::ended_by(trigger_, mine, git, place);
    if (!ended) return explain_git(context_.out, ended.error());
    if (!edits.empty()) {
      const Result<git::Commit> head = git::read_head(git);
      if (!head) return explain_git(context_.out, head.error());
      edits = committed(std::move(edits), head->files);
    }
    // The bound is on what the hub makes a commit wait for. A merge of half the tree takes git a
    // while, and whoever merges expects that.
    end_ += context_.clock.now().mono - before;
    return release(*ended, edits);
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

  Result<std::shared_ptr<const Json>> look() {
    if (Result<> connected = connect(AgentOptions::Kind::observer); !connected) {
      return connected.error();
    }
    const Result<Reply> reply = agent_->request({{"type", "state_request"}}, left());
    if (!reply) return reply.error();
    if (!reply->granted) return fail(ErrorCode::cancelled, refusal(*reply));
    return reply->frame;
  }

  int release(const std::vector<git::Ended>& all, const std::vector<EditClaim>& edits) {
    const bool is_any = !edits.empty() ||
                        std::any_of(all.begin(), all.end(),
                                    [](const git::Ended& ended) { return !ended.claims.empty(); });
    if (!is_any) return exit_code::ok;
    if (const Result<> connected = connect(AgentOptions::Kind::command); !connected) {
      return without_hub(connected.error());
    }
    // Nobody asked for these, so nobody is told of their end.
    for (const EditClaim& claim : edits) {
      static_cast<void>(agent_->request({{"type", "release"},
                                         {"task_id", claim.task_id},
                                         {"epoch", claim.epoch},
                                         {"paths", claim.paths}},
                                        left()));
    }
    for (const git::Ended& ended : all) {
      std::vector<std::string> released;
      for (const git::BranchClaim& claim : ended.claims) {
        // By its epoch: the claim that was seen, and no newer one of the same task.
        const Result<Reply> reply = agent_->request(
            {{"type", "release"}, {"task_id", claim.task_id}, {"epoch", claim.epoch}}, left());
        if (reply && reply->granted) {
          released.push_back(claim.task_id);
          memory_->forget(settings_.name, claim.task_id);
        } else {
          context_.err << '[' << shown(settings_.name) << "] '" << shown(claim.task_id)
                       << "' is not released: "
                       << (reply ? refusal(*reply) : shown(reply.error().message)) << '\n';
        }
      }
      if (released.empty()) continue;
      context_.out << "released on " << name_of(ended.by) << ": "
                   << shown(base::join(released, ", ")) << '\n';
      if (ended.by == git::Trigger::commit) mention_branches(ended);
    }
    return exit_code::ok;
  }

  void mention_branches(const git::Ended& ended) {
    for (const git::BranchClaim& claim : ended.claims) {
      if (claim.branch == ended.branch) continue;
      context_.out << "note: '" << shown(claim.task_id) << "' was claimed on "
                   << shown(claim.branch) << "; this commit is on " << shown(ended.branch) << '\n';
    }
  }

  // Often one agent merges what the others did, and nobody may give back what is not theirs.
  void mention_others(const std::vector<git::BranchClaim>& claims, const git::Git& git,
                      const std::optional<git::Place>& place) {
    const std::vector<git::BranchClaim> others =
        git::worth_a_look(claims, settings_.name, trigger_, place, git::Whose::others);
    if (others.empty()) return;
    const Result<std::vector<git::Ended>> ended = git::ended_by(trigger_, others, git, place);
    if (!ended) return;
    for (const git::Ended& one : *ended) {
      for (const git::BranchClaim& claim : one.claims) {
        context_.out << "note: '" << shown(claim.task_id) << "' of " << shown(claim.owner)
                     << " was to last until this merge; to give it back for them: synapse release "
                     << shown(claim.task_id) << " --name " << shown(claim.owner) << '\n';
      }
    }
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
  HungHub hung_;
  std::optional<ClaimMemory> memory_;
  base::Mono end_;
  std::unique_ptr<Agent> agent_;
};

Result<git::Trigger> trigger_of(const GitReleaseArguments& options) {
  for (const git::Trigger trigger : git::all_triggers) {
    if (options.trigger == name_of(trigger)) return trigger;
  }
  return fail(ErrorCode::bad_argument,
              "give --trigger commit or --trigger merge; it is meant for git's hooks. "
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
  if (place && git::is_rebasing(*place)) return exit_code::ok;
  const git::Git git(context.folder, context.environment);
  const Result<services::Caller> caller = caller_of(context, options.connection);
  if (!caller) return explain_usage(context, caller.error());
  const Result<services::Caller> claimant = claimant_of(context, options.connection);
  if (!claimant) return explain_usage(context, claimant.error());
  Result<AgentOptions> settings = agent_options_for(context, options.connection, *caller);
  if (!settings) return explain_usage(context, settings.error());
  constexpr double patience_with_hung = 0.1;
  HungHub hung(place, settings->uri);
  double patience = options.connection.ready_timeout;
  if (hung.was_found(context.clock.now().wall)) patience = std::min(patience, patience_with_hung);
  const base::Mono end = context.clock.now().mono + base::from_seconds(patience);
  return Errand(context, *std::move(settings), *trigger, std::move(hung), end)
      .run(git, place, claimant->name);
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
