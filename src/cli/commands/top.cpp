// SPDX-License-Identifier: AGPL-3.0-or-later
#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ostream>

#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/output/style.hpp"
#include "cli/top/bus_feed.hpp"
#include "cli/top/terminal.hpp"

namespace synapse::cli::commands {

namespace {

struct TopArguments {
  ConnectionOptions connection;
  std::size_t view = 0;
  std::string filter;
  bool once = false;
  TokenOptions operators;
  std::string name;
};

int show_once(Context& context, const AgentOptions& settings, const TopScreen& screen) {
  Agent agent(settings);
  if (const std::optional<int> code = connect(context, agent, settings)) return *code;
  const Result<Reply> reply = agent.request({{"type", "page_request"}});
  if (!reply) return explain_silence(context, settings, reply.error());
  if (!reply->granted) {
    context.err << "synapse top: " << refusal(*reply) << '\n';
    return exit_code::failed;
  }
  const Json& frame = *reply->frame;
  const double now = wire::number_member(frame, "timestamp");
  for (const TopLine& line : screen.whole(bus_of(frame), {settings.uri, {}, 0}, now)) {
    context.out << line.text << '\n';
  }
  return exit_code::ok;
}

// The clocks on the screen go on by themselves.
constexpr std::chrono::milliseconds redraw_every{1000};

std::chrono::milliseconds time_to_sleep(Context& context, const BusFeed& feed, TopScreen& screen) {
  std::chrono::milliseconds sleep = redraw_every;
  for (const std::optional<base::Mono>& next :
       {feed.next_look(), screen.desk() == nullptr ? std::nullopt : screen.desk()->next_due()}) {
    if (next) sleep = std::min(sleep, time_until(context, *next));
  }
  return sleep;
}

void send_due(BusFeed& feed, OperatorDesk& desk, base::Mono now) {
  std::optional<Json> frame = desk.take_due(now);
  if (!frame) return;
  const Result<> sent = feed.agent().send(*std::move(frame));
  if (!sent) desk.failed(sent.error().message);
}

// A person who shows the operators' token is seated under the name that they give.
void operate(const Context& context, const TopArguments& options, std::string token,
             AgentOptions& settings) {
  settings.kind = AgentOptions::Kind::page;
  settings.operator_token = std::move(token);
  settings.name = options.name;
  if (settings.name.empty()) settings.name = context.environment.get("USER").value_or("somebody");
}

enum class Goes { on, ends };

// False: it is to end.
Goes take_keys(Terminal& terminal, TopScreen& screen) {
  const Result<std::vector<TopInput>> keys = terminal.keys();
  if (!keys) return Goes::ends;
  for (const TopInput& key : *keys) {
    if (!screen.press(key)) return Goes::ends;
  }
  return Goes::on;
}

// A changed size needs nothing but a new picture.
Goes take_signals(SignalWatch& signals) {
  while (const std::optional<Signal> signal = signals.take()) {
    if (signal->number != SIGWINCH) return Goes::ends;
  }
  return Goes::on;
}

void show_on(Context& context, Terminal& terminal, TopScreen& screen, BusFeed& feed,
             SignalWatch& signals) {
  while (true) {
    const base::Moment now = context.clock.now();
    feed.look(now, screen.desk());
    if (OperatorDesk* desk = screen.desk()) send_due(feed, *desk, now.mono);
    terminal.draw(screen.lines(feed.bus(), feed.link(now), feed.hub_time(now), terminal.size()));
    std::array<pollfd, 3> watched{{{terminal.descriptor(), POLLIN, 0},
                                   {signals.descriptor(), POLLIN, 0},
                                   {feed.descriptor(), POLLIN, 0}}};
    const auto sleep = time_to_sleep(context, feed, screen);
    static_cast<void>(::poll(watched.data(), watched.size(), static_cast<int>(sleep.count())));
    if ((watched[0].revents & (POLLHUP | POLLERR)) != 0) return;
    if ((watched[0].revents & POLLIN) != 0 && take_keys(terminal, screen) == Goes::ends) return;
    if (take_signals(signals) == Goes::ends) return;
  }
}

Terminal::Colour colour_of(const Context& context) {
  const bool is_off = !context.environment.get("NO_COLOR").value_or("").empty() ||
                      context.environment.get("TERM").value_or("").starts_with("vt");
  return is_off ? Terminal::Colour::off : Terminal::Colour::on;
}

int run(Context& context, const TopArguments& options) {
  Result<AgentOptions> settings = observer_options(context, options.connection);
  if (!settings) return explain_usage(context, settings.error());
  Result<std::string> operators = find_operator_token(context, options.operators);
  if (!operators) return explain_usage(context, operators.error());
  TopScreen screen;
  screen.show(static_cast<Pane>(options.view));
  screen.set_filter(options.filter);
  if (options.once || !context.out_is_terminal) return show_once(context, *settings, screen);
  if (!operators->empty()) {
    operate(context, options, *std::move(operators), *settings);
    screen.let_operate();
  }
  const auto signals = context.signals.watch({SIGINT, SIGTERM, SIGHUP, SIGWINCH});
  BusFeed feed(BusFeed::options_for(*settings));
  if (const std::optional<int> code = connect(context, feed.agent(), *settings)) return *code;
  Result<Terminal> terminal = Terminal::open(colour_of(context));
  if (!terminal) {
    context.err << "synapse top: " << terminal.error().message << '\n';
    return exit_code::failed;
  }
  show_on(context, *terminal, screen, feed, *signals);
  feed.agent().stop();
  return exit_code::ok;
}

}  // namespace

Runner top(OptionSet& set) {
  auto options = std::make_shared<TopArguments>();
  set.choice({"--view", "VIEW", "what is shown first"}, options->view,
             {"fleet", "files", "waits", "plan", "talk"});
  set.text({"--filter", "TEXT", "only rows that have this text in them"}, options->filter);
  set.flag("--once", options->once,
           "print all rows of the view as text, and end [where the output is no terminal]");
  add_operator_options(set, options->operators, "lets you act for agents, by keys");
  set.text({"--name", "NAME", "who you are, with an operators' token [$USER]"}, options->name);
  add_hub_options(set, options->connection);
  set.example("synapse top");
  set.example("synapse top --once --view waits");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
