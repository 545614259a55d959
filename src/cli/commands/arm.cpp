// SPDX-License-Identifier: AGPL-3.0-or-later
// `wait` for ever. Its stdout holds messages and nothing else, because whoever reads it takes each
// line for a reason to wake; what happens to the connection is told on stderr, once.
#include <atomic>
#include <ostream>
#include <syncstream>

#include "cli/client/waiter.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/process/background.hpp"

namespace synapse::cli::commands {

namespace {

struct ArmArguments {
  WaiterOptions waiter;
  bool directed_only = false;
  bool broadcasts = false;
  bool mark_seen = false;
  double reconnect_delay = 1;
  std::optional<std::uint64_t> max_wakes;
  BackgroundOptions background;
};

// What became of one connection, and so what comes next.
enum class Next { done, try_again, stand_by, give_up };

class Arm {
 public:
  Arm(Context& context, const ArmArguments& options, AgentOptions settings)
      : context_(context), options_(options), settings_(std::move(settings)) {}

  // One connection, until it is over for good.
  Next serve(Agent& agent) {
    Waiter::look_after_returns(agent, [this](bool is_connected, const Error& why) {
      // Of a name that went to another waiter, serve() tells itself.
      if (stopping_ || why.code == ErrorCode::name_conflict) return;
      say(is_connected ? "the hub is back" : "lost the hub: " + why.message + "; trying again");
    });
    if (const Result<> connected = agent.connect(); !connected) {
      if (stopping_) return Next::done;
      return after_failure(connected.error());
    }
    told_.clear();
    Waiter waiter(context_, agent, options_.waiter);
    while (!options_.max_wakes || wakes_ < *options_.max_wakes) {
      const Result<WaitOutcome> woken = waiter.wait(std::nullopt);
      if (!woken && stopping_) return Next::done;
      if (!woken) {
        // The agent reconnects by itself, so this is the hub's last word: mostly, that the name
        // went to another waiter. To take it back at once would start a fight that neither wins.
        tell(woken.error().message + "; standing by");
        settings_.takeover = AgentOptions::Takeover::refuse;
        return Next::stand_by;
      }
      ++wakes_;
      // Messages that go nowhere would seem to have been read.
      if (!context_.out) {
        tell("could not write the output");
        return Next::give_up;
      }
    }
    return Next::done;
  }

  // From another thread: ends serve(), with nothing said.
  void stop(Agent& agent) {
    stopping_ = true;
    agent.stop();
  }

  [[nodiscard]] const AgentOptions& settings() const { return settings_; }

 private:
  Next after_failure(const Error& why) {
    switch (why.code) {
      case ErrorCode::bad_argument:
      case ErrorCode::auth_denied:
      case ErrorCode::tls_failed:
        tell(why.message);
        return Next::give_up;
      case ErrorCode::name_conflict:
        return Next::stand_by;
      default:
        tell("could not reach hub at " + settings_.uri + "; trying again");
        return Next::try_again;
    }
  }

  void tell(const std::string& what) {
    if (what == told_) return;
    say(what);
    told_ = what;
  }
  // From this thread or the agent's.
  void say(const std::string& what) {
    std::osyncstream(context_.err)
        << '[' << shown(settings_.name) << "] " << shown(what) << std::endl;
  }

  Context& context_;
  const ArmArguments& options_;
  AgentOptions settings_;
  std::atomic<bool> stopping_ = false;
  std::uint64_t wakes_ = 0;
  std::string told_;  // Said last, and not to be said again at every try.
};

int listen(Context& context, const ArmArguments& given, SignalWatch& watch) {
  constexpr std::chrono::milliseconds stand_by_delay(5000);
  ArmArguments options = given;
  Result<AgentOptions> settings = waiter_agent_options(context, options.waiter);
  if (!settings) return explain_usage(context, settings.error());
  settings->reconnect = AgentOptions::Reconnect::always;

  Arm arm(context, options, *std::move(settings));
  for (;;) {
    Next next{};
    {
      Agent agent(arm.settings());
      OnSignal stop(watch, [&arm, &agent] { arm.stop(agent); });
      next = arm.serve(agent);
      if (stop.end()) return exit_code::ok;
    }
    if (next == Next::done) return exit_code::ok;
    if (next == Next::give_up) return exit_code::failed;
    auto delay = to_milliseconds(options.reconnect_delay);
    if (next == Next::stand_by) delay = std::max(delay, stand_by_delay);
    if (sleep_unless_signalled(watch, delay)) {
      // Taken: left there, it would kill this process as soon as nobody watches any more.
      static_cast<void>(watch.take());
      return exit_code::ok;
    }
  }
}

int run(Context& context, const ArmArguments& options) {
  return run_beside(context, options.background, [&options](Context& beside, SignalWatch& watch) {
    return listen(beside, options, watch);
  });
}

}  // namespace

Runner arm(OptionSet& set) {
  auto options = std::make_shared<ArmArguments>();
  options->waiter.wake_on = wire::WakeOn::directed;
  set.flag("--directed-only", options->directed_only,
           "sleep through messages to all, but for those with priority and those from the sender "
           "CEO (default)");
  set.flag("--broadcasts", options->broadcasts, "wake on messages to all too");
  set.exclusive("--directed-only", "--broadcasts");
  set.number({"--reconnect-delay", "SECONDS", "between tries to reach a hub that is down"},
             options->reconnect_delay, {0, 86'400});
  set.integer({"--max-wakes", "COUNT", "end after this many [never]"}, options->max_wakes);
  set.flag("--mark-seen", options->mark_seen,
           "count what is printed as seen: an agent reads it, not a log file alone");
  add_background_options(set, options->background);
  set.heading("Options");
  add_waiter_options(set, options->waiter);
  set.example("synapse arm --name shop/alice            # as shop/alice-rx");
  set.example("synapse arm --name shop/alice-rx --for shop/alice --broadcasts");
  return [options](Context& context) {
    if (options->broadcasts) options->waiter.wake_on = wire::WakeOn::any;
    options->waiter.mark = options->mark_seen ? Mark::seen : Mark::got;
    return run(context, *options);
  };
}

}  // namespace synapse::cli::commands
