// SPDX-License-Identifier: AGPL-3.0-or-later
// Holds a lease while another program runs, so that agents take turns at what can't be done by two
// at once.
#include <poll.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <memory>
#include <ostream>

#include "base/alarm_clock.hpp"
#include "base/bell.hpp"
#include "base/time_text.hpp"
#include "cli/client/connection.hpp"
#include "cli/client/held_command.hpp"
#include "cli/client/lease_keeper.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/git/git_claims.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"
#include "client/frames.hpp"
#include "git/claim_scope.hpp"
#include "net/mailbox.hpp"

namespace synapse::cli::commands {

namespace {

struct LockArguments {
  ConnectionOptions connection;
  std::string task_id;
  std::vector<std::string> paths;
  std::optional<std::string> worktree;
  double wait_timeout = 30;
  double ttl = 300;  // Short, since it is renewed: what a killed `lock` leaves behind ends soon.
  std::size_t on_loss = 0;
  double grace = 5;
  bool json = false;
  std::vector<std::string> words;
  // Once they are known.
  services::Caller owner;
  std::vector<std::string> not_there;

  [[nodiscard]] OnLoss loss() const {
    return {static_cast<OnLoss::Act>(on_loss), base::from_seconds(grace)};
  }
};

const std::vector<std::string> on_loss_names{"term", "kill", "warn"};

// Whom the claim waits for, as the hub tells the agent's thread when it queues it.
class Ahead {
 public:
  void put(const std::string& holder) { told_.put(holder); }
  // Blank: it was not queued.
  [[nodiscard]] const std::string& holder() {
    while (std::optional<std::string> told = told_.take(std::chrono::milliseconds(0))) {
      holder_ = *std::move(told);
    }
    return holder_;
  }

 private:
  net::Mailbox<std::string> told_{1};
  std::string holder_;
};

Result<ClaimRequest> claim_request(const Context& context, LockArguments& options) {
  ClaimRequest request;
  request.task_id = options.task_id;
  request.note = "lock";
  request.if_own = ClaimRequest::IfOwn::refuse;
  request.ttl = options.ttl;
  if (!options.worktree && options.paths.empty()) {
    request.worktree = options.task_id;  // A plain mutex: it meets only locks of the same id.
    return request;
  }
  Result<git::ClaimScope> scope = git::resolve_claim_scope(
      {options.paths, context.folder, options.worktree}, context.environment);
  if (!scope) return scope.error();
  options.not_there = std::move(scope->not_there);
  request.worktree = scope->worktree;
  request.paths = std::move(scope->paths);
  return request;
}

// Whether asking again may help. A hub with a queue has made us wait as long as we could; one of
// the original has no queue, refuses at once and names no code.
bool may_change(const Reply& refused) {
  const std::string code = text_of(*refused.frame, "code");
  return code.empty() || code == base::wire_name(ErrorCode::queue_full);
}

// One claim, waiting for its turn as long as it says. Tells whom it waits for, once that takes long
// enough for somebody to wonder.
Result<Reply> claim_once(Context& context, Agent& agent, const LockArguments& options,
                         const ClaimRequest& request, Ahead& ahead) {
  constexpr std::chrono::seconds short_wait(2);
  struct Answer {
    base::Bell bell;
    net::Mailbox<Result<Reply>> box{1};
  };
  const auto answer = std::make_shared<Answer>();
  agent.request_async(client::claim_frame(request), [answer](Result<Reply> reply) {
    answer->box.put(std::move(reply));
    answer->bell.ring();
  });
  base::AlarmClock alarm;
  alarm.set(short_wait);
  std::array<pollfd, 2> events{
      {{answer->bell.descriptor(), POLLIN, 0}, {alarm.descriptor(), POLLIN, 0}}};
  poll(events.data(), events.size(), -1);
  if ((events[0].revents & POLLIN) == 0) {
    if (const std::string& holder = ahead.holder(); !holder.empty()) {
      context.err << '[' << shown(options.owner.name) << "] waiting for '" << shown(options.task_id)
                  << "', which " << shown(holder) << " holds, for up to "
                  << base::span_of(options.wait_timeout) << std::endl;
    }
    poll(events.data(), 1, -1);
  }
  return *answer->box.take();
}

struct Grant {
  Result<Reply> reply = fail(ErrorCode::cancelled);
  base::Mono sent_at{0};
};

// A lease that was granted from the queue began when its turn came, which is not known here: it is
// renewed, and counts from then.
Result<Reply> confirm(Agent& agent, const ClaimRequest& request) {
  ClaimRequest again = request;
  again.wait.reset();
  again.if_own = ClaimRequest::IfOwn::renew;
  return client::renew_lease(agent, again);
}

// Claims, waiting in the hub's queue for what is left of the time.
Grant claim_in_turn(Context& context, Agent& agent, const SignalWatch& watch,
                    const LockArguments& options, ClaimRequest request, Ahead& ahead) {
  constexpr std::chrono::milliseconds retry_delay(1000);
  const base::Mono end = context.clock.now().mono + base::from_seconds(options.wait_timeout);
  for (;;) {
    const std::chrono::milliseconds left = time_until(context, end);
    request.wait.reset();
    if (left.count() > 0) request.wait = left;
    Grant grant;
    grant.sent_at = context.clock.now().mono;
    grant.reply = claim_once(context, agent, options, request, ahead);
    const bool granted = grant.reply && grant.reply->granted;
    if (granted && !ahead.holder().empty()) {
      grant.sent_at = context.clock.now().mono;
      grant.reply = confirm(agent, request);
      return grant;
    }
    if (granted || !grant.reply || !may_change(*grant.reply) || left.count() == 0) return grant;
    if (sleep_unless_signalled(watch, std::min(left, retry_delay))) {
      grant.reply = fail(ErrorCode::cancelled);
      return grant;
    }
  }
}

void give_back(Context& context, const LockArguments& options, Agent& agent) {
  const Result<Reply> reply = agent.release(options.task_id);
  if (reply && reply->granted) return;
  context.err << '[' << shown(options.owner.name) << "] could not give back the lock '"
              << shown(options.task_id)
              << "': " << (reply ? refusal(*reply) : shown(reply.error().message))
              << "; it ends by itself within " << options.ttl << " s\n";
}

// Another name under which this agent may lock: the lock is its own already, by another of its
// processes, and an agent's own claims never contend; but two locks take turns, whoever runs them.
std::string second_name(const Context& context, const std::string& name) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "-lock-%04x",
                static_cast<unsigned>(context.random() * 0x10000));
  return name + text.data();
}

bool is_own(const Reply& refused, const Agent& agent) {
  return text_of(*refused.frame, "code") == wire_name(ErrorCode::task_held) &&
         text_of(*refused.frame, "holder") == agent.name();
}

int refused(Context& context, const LockArguments& options, const Result<Reply>& claimed,
            const std::string& holder) {
  if (options.json && claimed) {
    context.out << render_json(*claimed->frame);
    return exit_code::failed;
  }
  context.out << "Could not acquire lock '" << shown(options.task_id) << "': ";
  if (claimed && text_of(*claimed->frame, "code") == wire_name(ErrorCode::wait_expired)) {
    context.out << shown(holder) << " still holds it after " << base::span_of(options.wait_timeout)
                << '\n';
    return exit_code::failed;
  }
  context.out << (claimed ? refusal_with_end(context, *claimed) : shown(claimed.error().message))
              << '\n';
  return exit_code::failed;
}

// The exit code; nothing when that must be tried under another name.
std::optional<int> lock_as(Context& context, const LockArguments& options,
                           const AgentOptions& settings, const ClaimRequest& request,
                           SignalWatch& watch) {
  const auto ahead = std::make_shared<Ahead>();
  Agent agent(settings);
  LeaseKeeper keeper(context, agent, request, options.loss().margin(), [ahead](const Json& frame) {
    if (text_of(frame, "type") != "claim_queued") return;
    ahead->put(text_of(frame, "holder"));
  });
  Grant grant;
  {
    OnSignal stop(watch, [&agent] { agent.stop(); });
    const Result<> connected = agent.connect();
    if (connected) grant = claim_in_turn(context, agent, watch, options, request, *ahead);
    // The connection is gone, and with it the place in the queue. Had the grant come in the same
    // instant, it would run out by itself.
    if (const auto signal = stop.end()) return exit_code::killed_by_signal + signal->number;
    if (!connected) {
      if (connected.error().code == ErrorCode::name_conflict) return std::nullopt;
      return explain_failure(context, settings, connected.error());
    }
  }
  const Result<Reply>& claimed = grant.reply;
  if (claimed && !claimed->granted && is_own(*claimed, agent)) return std::nullopt;
  if (!claimed || !claimed->granted) return refused(context, options, claimed, ahead->holder());
  keeper.begin(grant.sent_at);
  name_owner(context, options.owner, options.task_id);
  tell_not_there(context.err, options.not_there);
  const HeldCommand command{options.words, options.task_id, options.owner.name, options.loss()};
  const int code = run_held(context, command, watch, keeper);
  if (!keeper.is_lost()) give_back(context, options, agent);
  return code;
}

int run(Context& context, const LockArguments& given) {
  LockArguments options = given;
  if (options.loss().margin() * 2 > base::from_seconds(options.ttl)) {
    return explain_usage(context, fail(ErrorCode::bad_argument,
                                       "--grace leaves too little of the lease: --ttl must be "
                                       "more than twice as long"));
  }
  const ConnectionOptions& connection = options.connection;
  const Result<services::Caller> owner =
      options.paths.empty() ? caller_of(context, connection) : claimant_of(context, connection);
  if (!owner) return explain_usage(context, owner.error());
  options.owner = *owner;
  const Result<ClaimRequest> request = claim_request(context, options);
  if (!request) return explain_usage(context, request.error());
  Result<AgentOptions> settings = agent_options_for(context, connection, options.owner);
  if (!settings) return explain_usage(context, settings.error());
  settings->reconnect = AgentOptions::Reconnect::always;
  settings->broadcast_types = LeaseKeeper::broadcast_types();

  const auto watch =
      context.signals.watch({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE});
  if (const auto code = lock_as(context, options, *settings, *request, *watch)) return *code;
  settings->name = second_name(context, settings->name);
  options.owner = {settings->name, services::Caller::Source::option};
  if (const auto code = lock_as(context, options, *settings, *request, *watch)) return *code;
  return explain_failure(context, *settings, fail(ErrorCode::name_conflict));
}

}  // namespace

Runner lock(OptionSet& set) {
  auto options = std::make_shared<LockArguments>();
  set.argument("ID", options->task_id, "what is locked, such as shop:push");
  set.command_line("CMD...", options->words, "the program to run, and its arguments");
  set.list({"--paths", "PATH",
            "lock this file or folder or glob too, against every claim on it (repeatable)"},
           options->paths);
  set.text({"--worktree", "TEXT", "what the paths are of [the git top level]"}, options->worktree);
  set.number({"--wait-timeout", "SECONDS", "how long to wait for its turn; 0: not at all"},
             options->wait_timeout, {0, 30 * 86'400});
  set.number({"--ttl", "SECONDS", "length of the lease, renewed while CMD runs"}, options->ttl,
             {30, 30 * 86'400});
  set.choice({"--on-loss", "WHAT",
              "when the lease can't be kept: end CMD (term), kill it, or only warn; exit 75"},
             options->on_loss, on_loss_names);
  set.number({"--grace", "SECONDS", "with --on-loss term: what is left of CMD then is killed"},
             options->grace, {0, 86'400});
  set.flag("--json", options->json, "print a refusal as one JSON document");
  add_connection_options(set, options->connection);
  set.example("synapse lock shop:push -- git push");
  set.example("synapse lock migrate --paths db --wait-timeout 600 -- make migrate");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
