// SPDX-License-Identifier: AGPL-3.0-or-later
#include <atomic>
#include <csignal>
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "client/frames.hpp"
#include "client/receipts.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli::commands {

namespace {

struct ListenArguments {
  ConnectionOptions connection;
  std::optional<std::string> for_name;
};

// The line for a frame; blank for one that this listener doesn't show.
std::string line_of(const Json& frame, const ListenArguments& options) {
  const std::string type = text_of(frame, "type");
  if (type == "chat") {
    const bool meant =
        !options.for_name || wire::is_recipient(text_of(frame, "target"), *options.for_name);
    return meant ? render_chat(frame) : "";
  }
  return type == "presence_update" && !options.for_name ? render_presence(frame) : "";
}

// A log file has the message, as a rule: so the hub is told that the agent's program has it, and
// not that anybody has seen it. Nothing is made of a failure: the message stays unseen either way.
void note(Agent& agent, const Json& frame, const ListenArguments& options) {
  if (!agent.has_feature("receipts") || text_of(frame, "type") != "chat") return;
  const std::string me = client::mailbox_of(agent.name());
  if (options.for_name && *options.for_name != me) return;
  if (!wire::is_directed(text_of(frame, "target"), me)) return;
  agent.request_async({{"type", "got"}, {"msg_ids", {client::count_member(frame, "msg_id")}}},
                      [](const Result<Reply>&) {});
}

// Until the agent is stopped or its connection is gone for good: why it ended.
Error stream(Context& context, Agent& agent, const ListenArguments& options) {
  constexpr std::chrono::milliseconds for_ever(-1);
  while (context.out) {
    const auto frame = agent.receive(for_ever);
    if (!frame) return frame.error();
    context.out << line_of(**frame, options) << std::flush;
    if (context.out) note(agent, **frame, options);
  }
  return fail(ErrorCode::io_error, "could not write the output");
}

// Tells of losses and returns of the connection, on the agent's own thread; nothing else writes to
// err meanwhile.
class ConnectionReport {
 public:
  ConnectionReport(std::ostream& err, std::string name) : err_(err), name_(std::move(name)) {}

  // From now on a loss is news.
  void begin() { listening_ = true; }
  void end() { listening_ = false; }

  void operator()(bool connected, const Error& why) {
    if (connected && was_lost_) err_ << '[' << name_ << "] connected again" << std::endl;
    if (!connected && listening_) {
      err_ << '[' << name_ << "] connection lost: " << shown(why.message) << std::endl;
    }
    was_lost_ = !connected && listening_;
  }

 private:
  std::ostream& err_;
  std::string name_;
  std::atomic<bool> listening_ = false;
  bool was_lost_ = false;
};

int run(Context& context, const ListenArguments& options) {
  Result<AgentOptions> settings = agent_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  settings->kind = AgentOptions::Kind::waiter;
  settings->reconnect = AgentOptions::Reconnect::always;
  if (options.for_name) {
    settings->chat = AgentOptions::Chat::addressed;
    settings->chat_names = {*options.for_name};
  } else {
    settings->chat = AgentOptions::Chat::all;
    settings->broadcast_types->push_back("presence_update");
  }

  const std::string name = shown(settings->name);
  ConnectionReport report(context.err, name);
  const auto watch = context.signals.watch({SIGINT, SIGTERM});
  Agent agent(*settings);
  agent.on_connection([&report](bool connected, const Error& why) { report(connected, why); });
  OnSignal stop(*watch, [&] {
    report.end();
    agent.stop();
  });
  if (const std::optional<int> code = connect(context, agent, *settings)) {
    return stop.end() ? exit_code::ok : *code;
  }
  report.begin();
  context.out << '[' << name << "] Online and connected to Synapse." << std::endl;
  const Error why = stream(context, agent, options);
  if (!stop.end()) {
    context.err << '[' << name << "] stopped: " << shown(why.message) << '\n';
    return exit_code::failed;
  }
  context.out << "\n[" << name << "] stopped listening.\n";
  return exit_code::ok;
}

}  // namespace

Runner listen(OptionSet& set) {
  auto options = std::make_shared<ListenArguments>();
  set.text({"--for", "NAME", "only chat that addresses this name, and no presence"},
           options->for_name);
  add_connection_options(set, options->connection);
  set.example("synapse listen --name shop/console");
  set.example("synapse listen --name shop/alice-presence --for shop/alice");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
