// SPDX-License-Identifier: AGPL-3.0-or-later
// Runs a provider's program (claude, codex ...) under an identity, with a listener beside it for as
// long as it runs. The program has the terminal; the listener writes into a file.
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/process/child.hpp"
#include "services/identity.hpp"
#include "services/pid_file.hpp"

namespace synapse::cli::commands {

namespace {

struct WorkerSessionArguments {
  std::string identity;
  std::optional<std::string> project;
  std::optional<std::string> uri;
  TokenOptions token;
  std::optional<std::string> syn_program;
  bool no_arm = false;
  std::vector<std::string> words;
};

std::filesystem::path log_file(const Context& context, const services::Identity& who) {
  return services::runtime_folder(context.environment, "synapse-worker-session") /
         (services::file_name_of(who.identity) + ".log");
}

base::Variables identity_variables(const services::Identity& who) {
  return {{"SYN_PROJECT", who.project}, {"SYN_IDENTITY", who.identity}};
}

// Its own way to the hub: what it needs beyond the environment goes along.
Result<Child> start_listener(const Context& context, const WorkerSessionArguments& options,
                             const services::Identity& who) {
  const std::filesystem::path log = log_file(context, who);
  if (Result<> made = services::make_private_folder(log.parent_path()); !made) return made.error();
  ChildSetup setup;
  setup.place = ChildSetup::Place::background;
  std::vector<std::string> words{context.program.string()};
  if (options.syn_program) {
    words = {*options.syn_program, "arm"};
    setup.environment = identity_variables(who);
  } else {
    const auto listener = services::listener_words(who, services::ListenFor::directed);
    words.insert(words.end(), listener.begin(), listener.end());
  }
  words.push_back("--while-pid=" + std::to_string(getpid()));
  const auto file = services::listener_file(context.environment, who.identity);
  words.push_back("--pid-file=" + file.string());
  words.emplace_back("--replace");
  words.push_back("--log=" + log.string());
  words.emplace_back("--keep-log");
  if (options.uri) words.push_back("--uri=" + *options.uri);
  const Result<std::string> token = find_token(context, options.token);
  if (!token) return token.error();
  // Not as an option, where everybody on the machine could read it.
  if (!token->empty()) setup.environment["SYNAPSE_TOKEN"] = *token;
  return Child::start(words, setup);
}

bool ends_within(const Child& child, int timeout_ms) {
  pollfd event{child.descriptor(), POLLIN, 0};
  return poll(&event, 1, timeout_ms) == 1;
}

void end_listener(Context& context, Child& listener, const std::filesystem::path& log) {
  constexpr int patience_ms = 5000;
  const bool ended_by_itself = ends_within(listener, 0);
  if (!ended_by_itself) {
    listener.send_signal(SIGTERM);
    if (!ends_within(listener, patience_ms)) listener.send_signal(SIGKILL);
  }
  if (listener.wait() != exit_code::ok && ended_by_itself) {
    context.err << context.command << ": the listener ended early; " << shown(log.string())
                << " may say why\n";
  }
}

// Until it has ended, passing on what signals this process gets: its exit code.
int attend(Child& child, SignalWatch& watch) {
  std::array<pollfd, 2> events{{{child.descriptor(), POLLIN, 0}, {watch.descriptor(), POLLIN, 0}}};
  for (;;) {
    poll(events.data(), events.size(), -1);
    if ((events[0].revents & POLLIN) != 0) return child.wait();
    while (const std::optional<Signal> signal = watch.take()) {
      // What came from the terminal, the child has had as well.
      if (signal->origin == Signal::Origin::process) child.send_signal(signal->number);
    }
  }
}

services::Identity identity_of(const WorkerSessionArguments& options) {
  services::Identity who;
  who.identity = options.identity;
  who.project = options.project.value_or(who.identity.substr(0, who.identity.find('/')));
  who.waiter = who.identity + "-rx";
  return who;
}

int run(Context& context, const WorkerSessionArguments& options) {
  if (options.identity.empty()) {
    return explain_usage(context,
                         fail(ErrorCode::bad_argument, "give --identity, such as shop/claude-1"));
  }
  if (options.words.empty()) {
    context.out << "Nothing to run: put the program behind --, as in synapse worker-session "
                   "--identity shop/claude-1 -- claude\n";
    return exit_code::failed;
  }
  const services::Identity who = identity_of(options);
  if (who.project != who.identity.substr(0, who.identity.find('/'))) {
    return explain_usage(
        context, fail(ErrorCode::bad_argument, "--project is '" + shown(who.project) +
                                                   "' but --identity is '" + shown(who.identity) +
                                                   "'; leave --project out"));
  }
  const auto watch = context.signals.watch({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
  std::optional<Child> listener;
  if (!options.no_arm) {
    Result<Child> started = start_listener(context, options, who);
    if (started) {
      listener.emplace(*std::move(started));
    } else {
      context.err << context.command
                  << ": going on without a listener: " << shown(started.error().message)
                  << std::endl;
    }
  }
  ChildSetup setup;
  setup.environment = identity_variables(who);
  if (options.uri) setup.environment["SYNAPSE_URI"] = *options.uri;
  int code = exit_code::cannot_run;
  if (Result<Child> child = Child::start(options.words, setup)) {
    code = attend(*child, *watch);
  } else {
    context.err << context.command << ": cannot run " << shown(options.words.front()) << ": "
                << child.error().message << '\n';
  }
  if (listener) end_listener(context, *listener, log_file(context, who));
  return code;
}

}  // namespace

Runner worker_session(OptionSet& set) {
  auto options = std::make_shared<WorkerSessionArguments>();
  set.optional_command_line("CMD...", options->words, "the program to run, and its arguments");
  set.text({"--identity", "NAME", "who it is on the bus, such as shop/claude-1"},
           options->identity);
  set.text({"--project", "PROJECT", "what it works on [the identity up to /]"}, options->project);
  set.flag("--no-arm", options->no_arm, "run no listener beside it");
  set.text({"--syn-bin", "FILE", "the syn whose arm is the listener [this program]"},
           options->syn_program);
  set.heading("Connection");
  set.text({"--uri", "URI", "the hub, for it and the listener [$SYNAPSE_URI, or the default]"},
           options->uri);
  add_token_options(set, options->token);
  set.example("synapse worker-session --identity shop/claude-1 -- claude");
  set.example("tail -f $XDG_RUNTIME_DIR/synapse-worker-session/shop_claude-1.log");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
