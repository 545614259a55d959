// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/held_command.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ostream>

#include "base/alarm_clock.hpp"
#include "base/process_tree.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/process/child.hpp"

namespace synapse::cli {

namespace {

constexpr std::chrono::hours poll_max(24);

class Run {
 public:
  Run(Context& context, const HeldCommand& command, SignalWatch& watch, LeaseKeeper& keeper,
      Child child)
      : context_(context),
        command_(command),
        watch_(watch),
        keeper_(keeper),
        child_(std::move(child)),
        tree_(child_.pid()) {}

  int to_its_end() {
    for (;;) {
      if (sleep()) {
        const int code = child_.wait();
        if (!keeper_.is_lost()) return code;
        end_what_is_left();
        return exit_code::lost;
      }
      while (const std::optional<Signal> signal = watch_.take()) {
        // What came from the terminal, the child has had as well.
        if (signal->origin == Signal::Origin::process) child_.send_signal(signal->number);
      }
      if (const std::optional<std::string> why = keeper_.attend()) lose(*why);
      if (kill_at_ && context_.clock.now().mono >= *kill_at_) kill_all();
    }
  }

 private:
  // Until the child has ended: true then; or until there is something else to do.
  bool sleep() {
    std::chrono::milliseconds left =
        std::min<std::chrono::milliseconds>(keeper_.until_due(), poll_max);
    if (kill_at_) left = std::min(left, time_until(context_, *kill_at_));
    alarm_.set(left);
    std::array<pollfd, 4> events{{{child_.descriptor(), POLLIN, 0},
                                  {watch_.descriptor(), POLLIN, 0},
                                  {keeper_.descriptor(), POLLIN, 0},
                                  {alarm_.descriptor(), POLLIN, 0}}};
    poll(events.data(), events.size(), -1);
    return (events[0].revents & POLLIN) != 0;
  }

  void lose(const std::string& why) {
    context_.err << '[' << shown(command_.owner) << "] lost the lock '" << shown(command_.lock)
                 << "' while the command runs: " << shown(why);
    switch (command_.on_loss.act) {
      case OnLoss::Act::term:
        context_.err << "; ending it" << std::endl;
        tree_.send_signal(SIGTERM);
        kill_at_ = context_.clock.now().mono + command_.on_loss.grace;
        return;
      case OnLoss::Act::kill:
        context_.err << "; killing it" << std::endl;
        return kill_all();
      case OnLoss::Act::warn:
        context_.err << "; it goes on" << std::endl;
        return;
    }
  }

  void kill_all() {
    kill_at_.reset();
    tree_.send_signal(SIGKILL);
  }

  // The child's own children, which may take as long to end as the child was given.
  void end_what_is_left() {
    constexpr std::chrono::milliseconds look_again(20);
    while (kill_at_ && tree_.is_any_left()) {
      const std::chrono::milliseconds left = time_until(context_, *kill_at_);
      if (left.count() == 0) return kill_all();
      if (sleep_unless_signalled(watch_, std::min(left, look_again))) return kill_all();
    }
  }

  Context& context_;
  const HeldCommand& command_;
  SignalWatch& watch_;
  LeaseKeeper& keeper_;
  Child child_;
  base::ProcessTree tree_;
  base::AlarmClock alarm_;
  std::optional<base::Mono> kill_at_;
};

}  // namespace

int run_held(Context& context, const HeldCommand& command, SignalWatch& watch,
             LeaseKeeper& keeper) {
  context.out.flush();
  ChildSetup setup;
  // A lock that is killed leaves its lease behind, for as long as that lasts.
  setup.signal_at_starters_end = command.on_loss.act == OnLoss::Act::kill ? SIGKILL : SIGTERM;
  Result<Child> child = Child::start(command.words, setup);
  if (!child) {
    context.err << context.command << ": cannot run " << shown(command.words.front()) << ": "
                << child.error().message << '\n';
    return exit_code::cannot_run;
  }
  return Run(context, command, watch, keeper, *std::move(child)).to_its_end();
}

}  // namespace synapse::cli
