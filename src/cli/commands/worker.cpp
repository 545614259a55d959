// SPDX-License-Identifier: AGPL-3.0-or-later
// An agent that answers others' chat by rule or by a language model.
#include "workers/worker.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <ostream>

#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/log_lines.hpp"
#include "cli/output/render.hpp"
#include "workers/model_backend.hpp"

namespace synapse::cli::commands {

namespace {

enum class Provider : std::size_t { openai, ollama, rule, tiered };
const std::vector<std::string> provider_names{"openai", "ollama", "rule", "tiered"};

struct WorkerArguments {
  ConnectionOptions connection;
  std::string prefix;
  std::size_t provider = static_cast<std::size_t>(Provider::ollama);
  std::string model = "llama3";
  std::string heavy_model;
  std::string base_url = "http://localhost:11434/v1";
  std::string api_key_env = "OPENAI_API_KEY";
  std::string model_ca;
  std::string temperature = "0.2";
  double model_timeout = 60;
  std::size_t max_context = 8;
  std::size_t reply_target_mode = 0;
  double min_reply_interval = 0.7;
  std::vector<std::string> task_classes;
  LogOptions log;
};

// How long an answer may wait for the hub to be back before it is given up.
constexpr std::chrono::seconds answer_patience(30);

bool is_rule(const WorkerArguments& options) {
  return options.provider == static_cast<std::size_t>(Provider::rule);
}

// Nothing for `none`.
Result<std::optional<double>> temperature_of(const std::string& text) {
  if (text == "none") return std::optional<double>();
  double temperature = 0;
  const char* const end = text.data() + text.size();
  const auto [read_to, error] = std::from_chars(text.data(), end, temperature);
  if (error == std::errc() && read_to == end && temperature >= 0 && temperature <= 2) {
    return std::optional(temperature);
  }
  return fail(ErrorCode::bad_argument,
              "worker: --temperature " + shown(text) + " is neither a number from 0 to 2 nor none");
}

// Nothing for a worker that needs none.
Result<std::optional<workers::ModelOptions>> model_options(const Context& context,
                                                           const WorkerArguments& options) {
  if (is_rule(options)) return std::optional<workers::ModelOptions>();
  Result<net::Uri> base = workers::parse_base_url(options.base_url);
  if (!base) return fail(base.error().code, "--base-url: " + base.error().message);
  workers::ModelOptions model;
  model.base = *std::move(base);
  model.model = options.model;
  model.key = base::trimmed(context.environment.get(options.api_key_env).value_or(""));
  constexpr std::size_t key_bytes_max = 4096;
  const auto is_printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (model.key.size() > key_bytes_max ||
      !std::all_of(model.key.begin(), model.key.end(), is_printable)) {
    return fail(ErrorCode::bad_argument, "what $" + shown(options.api_key_env) +
                                             " holds is no key: it is too long, or has a space or "
                                             "another character that no key has");
  }
  const Result<std::optional<double>> temperature = temperature_of(options.temperature);
  if (!temperature) return temperature.error();
  model.temperature = *temperature;
  model.tls_ca = options.model_ca;
  model.timeout = to_milliseconds(options.model_timeout);
  return std::optional(std::move(model));
}

std::unique_ptr<workers::ChatBackend> make_backend(
    const WorkerArguments& options, const std::optional<workers::ModelOptions>& model) {
  auto rule = std::make_unique<workers::RuleBackend>();
  if (!model) return rule;
  auto light = std::make_unique<workers::ModelBackend>(*model);
  if (options.provider != static_cast<std::size_t>(Provider::tiered)) return light;
  workers::ModelOptions heavy = *model;
  if (!options.heavy_model.empty()) heavy.model = options.heavy_model;
  return std::make_unique<workers::TieredBackend>(
      std::move(rule), std::move(light), std::make_unique<workers::ModelBackend>(std::move(heavy)));
}

// Blank when nothing leaves this machine.
std::string warning_of(const workers::ModelOptions& model) {
  if (workers::is_on_this_machine(model.base)) return "";
  std::string warning = "WARNING: this worker sends what is said on the bus";
  if (!model.key.empty()) warning += ", and its API key,";
  warning += " to " + model.base.authority();
  if (model.base.scheme == net::Uri::Scheme::http) warning += " unencrypted";
  return warning;
}

workers::WorkerOptions worker_options(const WorkerArguments& options) {
  workers::WorkerOptions worker;
  worker.provider = provider_names[options.provider];
  if (!is_rule(options)) worker.model = options.model;
  if (!options.task_classes.empty()) worker.task_classes = options.task_classes;
  worker.context_max = options.max_context;
  worker.reply_to = options.reply_target_mode == 0 ? workers::WorkerOptions::ReplyTo::all
                                                   : workers::WorkerOptions::ReplyTo::sender;
  worker.min_reply_interval = base::from_seconds(options.min_reply_interval);
  return worker;
}

int run(Context& context, const WorkerArguments& options) {
  const auto model = model_options(context, options);
  if (!model) return explain_usage(context, model.error());
  Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  settings->kind = AgentOptions::Kind::agent;
  settings->name = options.prefix + settings->name;
  settings->request_timeout = answer_patience;
  const std::string tag = '[' + shown(settings->name) + "] ";
  const LogLines log(context, settings->name, options.log);
  const auto tell = [&log](const std::string& line) { log.write(LogLevel::warning, line); };

  const auto watch = context.signals.watch({SIGINT, SIGTERM});
  if (*model) {
    if (const std::string warning = warning_of(**model); !warning.empty()) tell(warning);
  }
  workers::Worker worker(*settings, make_backend(options, *model), worker_options(options), tell);
  OnSignal stop(*watch, [&worker] { worker.stop(); });
  if (const Result<> connected = worker.connect(); !connected) {
    if (stop.end()) return exit_code::ok;
    return explain_failure(context, *settings, connected.error());
  }
  context.out << tag << "online as a " << provider_names[options.provider] << " worker."
              << std::endl;
  const Error why = worker.serve();
  if (!stop.end()) {
    log.write(LogLevel::error, "stopped: " + why.message);
    return exit_code::failed;
  }
  context.out << tag << "stopped.\n";
  return exit_code::ok;
}

}  // namespace

Runner worker(OptionSet& set) {
  auto options = std::make_shared<WorkerArguments>();
  options->connection.role = "FAST";
  set.text({"--prefix", "TEXT", "put before the name, such as shop/"}, options->prefix);
  set.choice({"--provider", "PROVIDER",
              "who answers: openai or ollama (a model over HTTP), rule (a fixed line, no network), "
              "or tiered (a rule for short messages, the heavy model for hard ones)"},
             options->provider, provider_names);
  set.text({"--model", "MODEL", "which model"}, options->model);
  set.text({"--heavy-model", "MODEL", "which for hard messages to a tiered worker [as --model]"},
           options->heavy_model);
  set.text({"--base-url", "URL", "of the API; /chat/completions is added"}, options->base_url);
  set.text({"--api-key-env", "VARIABLE", "the environment variable that holds the key, if any"},
           options->api_key_env);
  set.text(
      {"--temperature", "NUMBER",
       "how freely the model answers, 0 to 2; none: it is not told, as models that reason want"},
      options->temperature);
  set.number({"--model-timeout", "SECONDS", "how long the model may take for an answer"},
             options->model_timeout, {3, 3600});
  set.text({"--model-ca", "FILE", "certificates to trust for an https API instead of the system's"},
           options->model_ca);
  set.heading("Manners");
  set.integer({"--max-context", "COUNT", "messages that a model is shown before the one to answer"},
              options->max_context, {0, 1000});
  set.choice({"--reply-target-mode", "MODE", "whom answers are for: all, or the sender alone"},
             options->reply_target_mode, {"all", "sender"});
  set.number({"--min-reply-interval", "SECONDS", "between two answers"},
             options->min_reply_interval, {0, 86'400});
  set.list({"--task-class", "CLASS", "kind of work to advertise (repeatable) [chat]"},
           options->task_classes);
  set.heading("Messages");
  add_log_options(set, options->log);
  add_connection_options(set, options->connection);
  set.example("synapse worker --name BOT --provider rule");
  set.example("synapse worker --provider ollama --model gemma3:4b");
  set.example("synapse worker --provider openai --base-url https://api.openai.com/v1");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
