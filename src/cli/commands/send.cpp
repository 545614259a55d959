// SPDX-License-Identifier: AGPL-3.0-or-later
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli::commands {

namespace {

struct SendArguments {
  ConnectionOptions connection;
  std::string message;
  std::string target = "all";
  double wait_seconds = 2;
  bool priority = false;
};

bool is_reply(const Json& frame, const std::string& name) {
  return text_of(frame, "type") == "chat" && text_of(frame, "sender") != name &&
         wire::is_recipient(text_of(frame, "target"), name);
}

// Prints what comes back. The message itself is through by now, so nothing that happens here is a
// failure of the command.
void print_replies(Context& context, Agent& agent, const SendArguments& options) {
  const base::Mono end = context.clock.now().mono + base::from_seconds(options.wait_seconds);
  for (;;) {
    const auto frame = agent.receive(time_until(context, end));
    if (!frame) {
      if (frame.error().code != ErrorCode::timed_out) {
        context.err << "synapse: sent, but the connection was lost before the wait for replies "
                       "was over\n";
      }
      return;
    }
    if (is_reply(**frame, agent.name())) {
      context.out << render_chat(**frame) << std::flush;
    }
  }
}

int run(Context& context, const SendArguments& options) {
  Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  if (options.wait_seconds > 0) settings->chat = AgentOptions::Chat::addressed;
  Agent agent(*settings);
  if (const std::optional<int> code = connect(context, agent, *settings)) return *code;
  Json extra = Json::object();
  if (options.priority) extra["priority"] = true;
  const Result<Reply> reply = agent.chat(options.target, options.message, extra);
  if (!reply) {
    context.err << '[' << shown(settings->name)
                << "] not known to be sent: " << shown(reply.error().message) << '\n';
    return exit_code::failed;
  }
  if (!reply->granted) {
    context.err << '[' << shown(settings->name) << "] not sent: " << refusal(*reply) << '\n';
    return exit_code::failed;
  }
  if (options.wait_seconds > 0) print_replies(context, agent, options);
  return exit_code::ok;
}

}  // namespace

Runner send(OptionSet& set) {
  auto options = std::make_shared<SendArguments>();
  set.argument("MESSAGE", options->message, "the text");
  set.text({"--target", "NAMES", "an agent, a project, a glob, several by commas, or all"},
           options->target);
  set.number({"--wait-seconds", "SECONDS", "how long to wait for replies, which are printed"},
             options->wait_seconds, {0, 86'400});
  set.flag("--priority", options->priority,
           "wake agents that otherwise wake only on messages to themselves");
  add_connection_options(set, options->connection);
  set.example("synapse send --name shop/alice --target shop/bob 'the parser is yours'");
  set.example("synapse send --target 'shop/*' --priority 'main is broken, stop merging'");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
