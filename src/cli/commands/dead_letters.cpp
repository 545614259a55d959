// SPDX-License-Identifier: AGPL-3.0-or-later
// Messages that the hub gave up on, by recipient; to be sent once more, or forgotten.
#include <ostream>

#include "base/time_text.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/mail/mailbox.hpp"
#include "cli/output/render.hpp"
#include "client/frames.hpp"

namespace synapse::cli::commands {

namespace {

struct LettersArguments {
  ConnectionOptions connection;
  DeadLetters which;
  bool all = false;
  bool retry = false;
  bool clear = false;
  bool json = false;
};

std::string recipient_line(const Json& recipient, double now) {
  std::string text = shown(recipient, "agent");
  const std::string presence = text_of(recipient, "presence");
  if (presence == "away") {
    text += ", away";
    const Json& since = member(recipient, "away_since");
    if (since.is_number()) text += " since " + base::time_of_day(since.get<double>(), now);
  } else if (presence == "never_seen") {
    text += ", never seen";
  } else {
    text += ", " + shown(presence);
  }
  if (client::flag_member(recipient, "does_not_read")) text += ", does not read its messages";
  return text + ":\n";
}

std::string letter_line(const Json& letter, double now) {
  const std::string is_new = client::flag_member(letter, "new") ? "new, " : "";
  const std::string at = base::time_of_day(client::number_member(letter, "at"), now);
  return "  (" + is_new + shown(letter, "why") + " at " + at + ") " + render_mail(letter);
}

std::string render_letters(const Json& snapshot, double now) {
  std::string text;
  for (const Json& recipient : member(snapshot, "recipients")) {
    text += recipient_line(recipient, now);
    for (const Json& letter : member(recipient, "letters")) text += letter_line(letter, now);
  }
  if (text.empty()) return "no dead letters\n";
  if (client::flag_member(snapshot, "truncated")) text += "and more: narrow with --agent\n";
  return text;
}

std::string render_retried(const Json& frame) {
  std::string text;
  for (const Json& message : member(frame, "messages")) {
    text += "#" + std::to_string(client::count_member(message, "msg_id")) + " " +
            shown(message, "agent") + ": " + shown(message, "state") + ", in place of #" +
            std::to_string(client::count_member(message, "retry_of")) + "\n";
  }
  return text.empty() ? "no dead letters\n" : text;
}

// One after the other: the hub takes some at a time and says how many there still are.
Result<Reply> retry_all(Agent& agent, const DeadLetters& which) {
  Json messages = Json::array();
  for (;;) {
    const Result<Reply> reply = agent.retry_dead_letters(which);
    if (!reply || !reply->granted) return reply;
    Json frame = *reply->frame;
    const Json& some = member(frame, "messages");
    const bool is_over = client::count_member(frame, "left") == 0 || some.empty();
    messages.insert(messages.end(), some.begin(), some.end());
    if (!is_over) continue;
    frame["messages"] = std::move(messages);
    return Reply{true, std::make_shared<const Json>(std::move(frame))};
  }
}

Result<Reply> act(Agent& agent, const LettersArguments& options, const DeadLetters& which) {
  if (options.retry) return retry_all(agent, which);
  return options.clear ? agent.clear_dead_letters(which) : agent.dead_letters(which);
}

int run(Context& context, const LettersArguments& options) {
  const Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  Agent agent(*settings);
  if (const std::optional<int> code = connect(context, agent, *settings)) return *code;
  if (!agent.has_feature("receipts")) {
    context.err << context.command << ": the hub at " << shown(settings->uri)
                << " keeps no mailboxes\n";
    return exit_code::failed;
  }
  DeadLetters which = options.which;
  if (options.all) which.of = DeadLetters::Of::all;
  const Result<Reply> reply = act(agent, options, which);
  if (!reply) return explain_silence(context, *settings, reply.error());
  if (!reply->granted) {
    context.err << context.command << ": " << refusal(*reply) << '\n';
    return exit_code::failed;
  }
  const Json& frame = *reply->frame;
  if (options.json) {
    context.out << render_json(frame);
  } else if (options.retry) {
    context.out << render_retried(frame);
  } else if (options.clear) {
    context.out << "cleared " << client::count_member(frame, "count") << '\n';
  } else {
    context.out << render_letters(frame, context.clock.now().wall);
  }
  return exit_code::ok;
}

}  // namespace

Runner dead_letters(OptionSet& set) {
  auto options = std::make_shared<LettersArguments>();
  set.flag("--retry", options->retry,
           "send them once more, each to the agent that it didn't reach");
  set.flag("--clear", options->clear, "forget them");
  set.exclusive("--retry", "--clear");
  set.flag("--all", options->all, "those of all your agents, not of this name alone");
  set.text({"--agent", "NAME", "only those for this recipient"}, options->which.agent);
  set.flag("--json", options->json, "print the hub's answer as one JSON document");
  add_connection_options(set, options->connection);
  set.example("synapse dead-letters --name shop/alice");
  set.example("synapse dead-letters --agent shop/bob --retry");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
