// SPDX-License-Identifier: AGPL-3.0-or-later
// What became of one's own messages, by the hub's word; and taking one back.
#include <limits>
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

struct SentArguments {
  ConnectionOptions connection;
  std::optional<std::uint64_t> msg_id;
  int limit = 20;
  std::optional<std::uint64_t> withdraw;
  bool json = false;
};

std::string standing_line(const Json& recipient, double now) {
  std::string text = "  " + shown(recipient, "agent") + ": " + shown(recipient, "state");
  if (const std::string why = shown(recipient, "why"); !why.empty()) text += " (" + why + ")";
  if (member(recipient, "at").is_number()) {
    text += " at " + base::time_of_day(client::number_member(recipient, "at"), now);
  }
  const std::uint64_t answer = client::count_member(recipient, "answer");
  if (answer > 0) text += " with #" + std::to_string(answer);
  return text + "\n";
}

std::string standings(const Json& message, double now) {
  std::string text;
  for (const Json& recipient : member(message, "recipients")) {
    text += standing_line(recipient, now);
  }
  return text;
}

std::string render_sent(const Json& snapshot, double now) {
  std::string text;
  for (const Json& message : member(snapshot, "messages")) {
    text += render_mail(message) + standings(message, now);
  }
  return text.empty() ? "no messages to agents are kept\n" : text;
}

int ask(Context& context, const AgentOptions& settings, const SentArguments& options) {
  Agent agent(settings);
  if (const std::optional<int> code = connect(context, agent, settings)) return *code;
  if (!agent.has_feature("receipts")) {
    context.err << context.command << ": the hub at " << shown(settings.uri)
                << " gives no receipts\n";
    return exit_code::failed;
  }
  SentRequest wish;
  wish.limit = options.limit;
  wish.msg_id = options.msg_id.value_or(0);
  if (!options.withdraw) wish.whose = settings.name;
  const Result<Reply> reply =
      options.withdraw ? agent.withdraw(*options.withdraw) : agent.sent(wish);
  if (!reply) return explain_silence(context, settings, reply.error());
  if (!reply->granted) {
    context.err << context.command << ": " << refusal(*reply) << '\n';
    return exit_code::failed;
  }
  const double now = context.clock.now().wall;
  if (options.json) {
    context.out << render_json(*reply->frame);
  } else if (options.withdraw) {
    context.out << "#" << *options.withdraw << " withdrawn\n" << standings(*reply->frame, now);
  } else {
    context.out << render_sent(*reply->frame, now);
  }
  return exit_code::ok;
}

int run(Context& context, const SentArguments& options) {
  const Result<AgentOptions> settings = options.withdraw
                                            ? agent_options(context, options.connection)
                                            : observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  return ask(context, *settings, options);
}

}  // namespace

Runner sent(OptionSet& set) {
  constexpr IntegerRange ids{1, std::numeric_limits<std::int64_t>::max()};
  auto options = std::make_shared<SentArguments>();
  set.integer({"--limit", "COUNT", "the newest so many"}, options->limit, {1, 1000});
  set.integer({"--id", "ID", "the message of this number alone"}, options->msg_id, ids);
  set.integer({"--withdraw", "ID", "take it back from all who have not seen it yet"},
              options->withdraw, ids);
  set.flag("--json", options->json, "print the hub's answer as one JSON document");
  add_connection_options(set, options->connection);
  set.example("synapse sent --name shop/alice");
  set.example("synapse sent --withdraw 412");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
