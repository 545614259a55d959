// SPDX-License-Identifier: AGPL-3.0-or-later
// Holds a lease while another program runs, so that agents take turns at what can't be done by two
// at once.
#include <poll.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/client/lease_keeper.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/process/child.hpp"
#include "git/claim_scope.hpp"

namespace synapse::cli::commands {

namespace {

struct LockArguments {
  ConnectionOptions connection;
  std::string task_id;
  std::vector<std::string> paths;
  std::optional<std::string> worktree;
  double wait_timeout = 30;
  double ttl = 300;  // Short, since it is renewed: what a killed `lock` leaves behind ends soon.
  std::vector<std::string> words;
  services::Caller owner;  // Once that is known.
};

Result<ClaimRequest> claim_request(const Context& context, const LockArguments& options) {
  ClaimRequest request;
  request.task_id = options.task_id;
  request.note = "lock";
  request.if_own = ClaimRequest::IfOwn::refuse;
  request.ttl = options.ttl;
  if (options.worktree) {
    request.worktree = options.worktree;
    request.paths = options.paths;
  } else if (options.paths.empty()) {
    request.worktree = options.task_id;  // A plain mutex: it meets only locks of the same id.
  } else {
    Result<git::ClaimScope> scope =
        git::resolve_claim_scope(options.paths, context.folder, context.environment);
    if (!scope) return scope.error();
    request.worktree = scope->worktree;
    request.paths = std::move(scope->paths);
  }
  return request;
}

// Whether asking again may help. A hub with a queue has made us wait as long as we could; one of
// the original has no queue, refuses at once and names no code.
bool may_change(const Reply& refused) {
  const std::string code = text_of(*refused.frame, "code");
  return code.empty() || code == base::wire_name(ErrorCode::queue_full);
}

// Claims, waiting in the hub's queue for what is left of the time.
Result<Reply> claim_in_turn(const Context& context, Agent& agent, const SignalWatch& watch,
                            ClaimRequest request, double wait_timeout) {
  constexpr std::chrono::milliseconds retry_delay(1000);
  const base::Mono end = context.clock.now().mono + base::from_seconds(wait_timeout);
  for (;;) {
    const std::chrono::milliseconds left = time_until(context, end);
    request.wait.reset();
    if (left.count() > 0) request.wait = left;
    Result<Reply> reply = agent.claim(request);
    if (!reply || reply->granted || !may_change(*reply) || left.count() == 0) return reply;
    const bool signalled = sleep_unless_signalled(watch, std::min(left, retry_delay));
    if (signalled) return fail(ErrorCode::cancelled);
  }
}

// Runs the words while the keeper keeps the lease: the program's exit code.
int run_held(Context& context, const LockArguments& options, SignalWatch& watch,
             LeaseKeeper& keeper) {
  context.out.flush();
  Result<Child> child = Child::start(options.words);
  if (!child) {
    context.err << "synapse lock: cannot run " << shown(options.words.front()) << ": "
                << child.error().message << '\n';
    return exit_code::cannot_run;
  }
  std::array<pollfd, 3> events{{{child->descriptor(), POLLIN, 0},
                                {watch.descriptor(), POLLIN, 0},
                                {keeper.descriptor(), POLLIN, 0}}};
  for (;;) {
    const auto due = std::min(keeper.until_due(), std::chrono::milliseconds(86'400'000));
    poll(events.data(), events.size(), static_cast<int>(due.count()));
    if ((events[0].revents & POLLIN) != 0) return child->wait();
    while (const std::optional<Signal> signal = watch.take()) {
      // What came from the terminal, the child has had as well.
      if (signal->origin == Signal::Origin::process) child->send_signal(signal->number);
    }
    if (const std::optional<std::string> why = keeper.attend()) {
      context.err << '[' << shown(options.owner.name) << "] lost the lock '"
                  << shown(options.task_id) << "' while the command runs: " << shown(*why)
                  << std::endl;
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

// The exit code; nothing when that must be tried under another name.
std::optional<int> lock_as(Context& context, const LockArguments& options,
                           const AgentOptions& settings, const ClaimRequest& request,
                           SignalWatch& watch) {
  Agent agent(settings);
  LeaseKeeper keeper(context, agent, request);
  Result<Reply> claimed = fail(ErrorCode::cancelled);
  {
    OnSignal stop(watch, [&agent] { agent.stop(); });
    const Result<> connected = agent.connect();
    if (connected) claimed = claim_in_turn(context, agent, watch, request, options.wait_timeout);
    // The connection is gone, and with it the place in the queue. Had the grant come in the same
    // instant, it would run out by itself.
    if (const auto signal = stop.end()) return exit_code::killed_by_signal + signal->number;
    if (!connected) {
      if (connected.error().code == ErrorCode::name_conflict) return std::nullopt;
      return explain_failure(context, settings, connected.error());
    }
  }
  if (claimed && !claimed->granted && is_own(*claimed, agent)) return std::nullopt;
  if (!claimed || !claimed->granted) {
    context.out << "Could not acquire lock '" << shown(options.task_id)
                << "': " << (claimed ? refusal(*claimed) : shown(claimed.error().message)) << '\n';
    return exit_code::failed;
  }
  keeper.begin();
  name_owner(context, options.owner, options.task_id);
  const int code = run_held(context, options, watch, keeper);
  if (!keeper.is_lost()) give_back(context, options, agent);
  return code;
}

int run(Context& context, const LockArguments& given) {
  LockArguments options = given;
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

  const auto watch = context.signals.watch({SIGINT, SIGTERM, SIGHUP});
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
  add_connection_options(set, options->connection);
  set.example("synapse lock shop:push -- git push");
  set.example("synapse lock migrate --paths db --wait-timeout 600 -- make migrate");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
