// SPDX-License-Identifier: AGPL-3.0-or-later
#include <limits>
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/mail/mailbox.hpp"
#include "cli/mail/sending.hpp"
#include "cli/output/render.hpp"
#include "services/host_session.hpp"

namespace synapse::cli::commands {

namespace {

struct SendArguments {
  ConnectionOptions connection;
  Message message;
  double wait_seconds = 2;
  bool priority = false;
  bool receipt = false;
  std::optional<std::string> wait;
};

bool wants_lines(const Context& context, const SendArguments& options) {
  return options.receipt || context.err_is_terminal ||
         services::is_beneath_host_session(context.environment);
}

Result<AgentOptions> settings_of(const Context& context, const SendArguments& options) {
  Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return settings;
  // The message has a key, so one whose answer is lost with the connection is sent again, once.
  settings->reconnect = AgentOptions::Reconnect::always;
  if (options.wait_seconds > 0 || options.wait) settings->chat = AgentOptions::Chat::addressed;
  if (options.wait || wants_lines(context, options)) {
    settings->receipts = AgentOptions::Receipts::wanted;
  }
  return settings;
}

// What is told of a message that went to everybody, or by a hub that gives no receipts.
int report_plain(Context& context, Sending& sending, const SendArguments& options,
                 const Json& frame, const std::string& why) {
  const std::string id = "#" + std::to_string(msg_id_of(frame));
  if (options.wait) {
    context.err << id << ": sent; " << why << ", so there is nothing to wait for" << std::endl;
    return exit_code::failed;
  }
  if (options.receipt) context.err << id << ": sent; " << why << std::endl;
  if (options.wait_seconds > 0) sending.print_replies(to_milliseconds(options.wait_seconds));
  return exit_code::ok;
}

std::string why_no_receipts(const SendArguments& options, const Json& accepted) {
  if (client::flag_member(accepted, "too_many")) {
    return "it is for more than 256 agents, who get no receipts";
  }
  if (options.message.target.find_first_of("*?[") != std::string::npos) {
    return "'" + shown(options.message.target) +
           "' is the name of nobody who was there within the last hour";
  }
  return "a message to all has no receipts";
}

int follow(Context& context, Sending& sending, const SendArguments& options,
           const std::optional<WaitWish>& wish, const Json& accepted) {
  if (text_of(accepted, "type") != "chat_accepted") {
    return report_plain(context, sending, options, accepted, "this hub gives no receipts");
  }
  if (member(accepted, "recipients").empty()) {
    return report_plain(context, sending, options, accepted, why_no_receipts(options, accepted));
  }
  const bool has_lines = wants_lines(context, options);
  if (wish) {
    return sending.wait(accepted, *wish, has_lines ? Sending::Lines::print : Sending::Lines::none);
  }
  const auto patience = to_milliseconds(options.wait_seconds);
  if (has_lines) {
    sending.report(accepted, patience);
  } else if (patience.count() > 0) {
    sending.print_replies(patience);
  }
  // The message is kept by now, so nothing that happened since is a failure of the command.
  return exit_code::ok;
}

int run(Context& context, const SendArguments& options) {
  std::optional<WaitWish> wish;
  if (options.wait) {
    Result<WaitWish> parsed = parse_wait(*options.wait);
    if (!parsed) return explain_usage(context, parsed.error());
    wish = *std::move(parsed);
  }
  const Result<AgentOptions> settings = settings_of(context, options);
  if (!settings) return explain_usage(context, settings.error());
  Message message = options.message;
  if (options.priority) message.fields["priority"] = true;
  Agent agent(*settings);
  Sending sending(context, agent);
  if (const std::optional<int> code = connect(context, agent, *settings)) return *code;
  const Result<Reply> reply = agent.say(message);
  if (!reply) {
    context.err << context.command << ": not known to be sent: " << shown(reply.error().message)
                << '\n';
    return exit_code::failed;
  }
  if (!reply->granted) {
    context.err << context.command << ": not sent: " << refusal(*reply) << '\n';
    return exit_code::failed;
  }
  return follow(context, sending, options, wish, *reply->frame);
}

}  // namespace

Runner send(OptionSet& set) {
  auto options = std::make_shared<SendArguments>();
  set.argument("MESSAGE", options->message.text, "the text");
  set.text({"--target", "NAMES", "an agent, a project, a glob, several by commas, or all"},
           options->message.target);
  set.number({"--wait-seconds", "SECONDS", "how long to wait for replies, which are printed"},
             options->wait_seconds, {0, 86'400});
  set.flag("--priority", options->priority,
           "wake agents that otherwise wake only on messages to themselves");
  set.flag("--receipt", options->receipt,
           "say on stderr how the message stands with each recipient [on a terminal, and beneath "
           "an assistant's session]");
  set.text({"--wait", "STATE",
            "until all recipients have received, seen or answered it; STATE=SECONDS: at most so "
            "long [60]; exit code 1 if they don't"},
           options->wait);
  set.text({"--thread", "TEXT", "what the message belongs to; answers to it inherit it"},
           options->message.thread);
  set.integer({"--reply-to", "ID", "the number of the message that this one answers"},
              options->message.reply_to, {1, std::numeric_limits<std::int64_t>::max()});
  add_connection_options(set, options->connection);
  set.example("synapse send --name shop/alice --target shop/bob 'the parser is yours'");
  set.example("synapse send --target 'shop/*' --priority 'main is broken, stop merging'");
  set.example("synapse send --target shop/bob --wait answered=300 'which branch?'");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
