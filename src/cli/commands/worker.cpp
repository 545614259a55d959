// SPDX-License-Identifier: AGPL-3.0-or-later
// An agent that answers others' chat by rule or by a language model.
#include "workers/worker.hpp"

#include <csignal>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/connection.hpp"
#include "cli/exit_code.hpp"
#include "cli/render.hpp"

namespace synapse::cli::commands {

namespace {

struct Options {
  ConnectionOptions connection;
  std::string prefix;
  std::size_t provider = 0;
  std::size_t max_context = 8;
  std::size_t reply_target_mode = 0;
  double min_reply_interval = 0.7;
  std::vector<std::string> task_classes;
};

const std::vector<std::string> providers{"rule"};

// How long an answer may wait for the hub to be back before it is given up.
constexpr std::chrono::seconds answer_patience(30);

workers::WorkerOptions worker_options(const Options& options) {
  workers::WorkerOptions worker;
  worker.provider = providers[options.provider];
  if (!options.task_classes.empty()) worker.task_classes = options.task_classes;
  worker.context_max = options.max_context;
  worker.reply_to = options.reply_target_mode == 0 ? workers::WorkerOptions::ReplyTo::all
                                                   : workers::WorkerOptions::ReplyTo::sender;
  worker.min_reply_interval = base::from_seconds(options.min_reply_interval);
  return worker;
}

int run(Context& context, const Options& options) {
  Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  settings->name = options.prefix + settings->name;
  settings->request_timeout = answer_patience;
  const std::string tag = '[' + shown(settings->name) + "] ";
  const auto tell = [&context, tag](const std::string& line) {
    context.err << tag << shown(line) << std::endl;
  };

  const auto watch = context.signals.watch({SIGINT, SIGTERM});
  workers::Worker worker(*settings, std::make_unique<workers::RuleBackend>(),
                         worker_options(options), tell);
  OnSignal stop(*watch, [&worker] { worker.stop(); });
  if (const Result<> connected = worker.connect(); !connected) {
    if (stop.end()) return exit_code::ok;
    return explain_failure(context, *settings, connected.error());
  }
  context.out << tag << "online as a " << providers[options.provider] << " worker." << std::endl;
  const Error why = worker.serve();
  if (!stop.end()) {
    tell("stopped: " + why.message);
    return exit_code::failed;
  }
  context.out << tag << "stopped.\n";
  return exit_code::ok;
}

}  // namespace

Runner worker(OptionSet& set) {
  auto options = std::make_shared<Options>();
  options->connection.name = "FAST";
  set.text({"--prefix", "TEXT", "put before the name, such as shop/"}, options->prefix);
  set.choice({"--provider", "PROVIDER", "who answers: rule (a fixed line)"}, options->provider,
             providers);
  set.integer({"--max-context", "COUNT", "messages that a model is shown before the one to answer"},
              options->max_context, {0, 1000});
  set.choice({"--reply-target-mode", "MODE", "whom answers are for: all, or the sender alone"},
             options->reply_target_mode, {"all", "sender"});
  set.number({"--min-reply-interval", "SECONDS", "between two answers"},
             options->min_reply_interval, {0, 86'400});
  set.list({"--task-class", "CLASS", "kind of work to advertise (repeatable) [chat]"},
           options->task_classes);
  add_connection_options(set, options->connection);
  set.example("synapse worker --name BOT --provider rule");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
