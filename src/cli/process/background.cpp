// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/process/background.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <csignal>
#include <limits>
#include <ostream>
#include <system_error>
#include <utility>

#include "base/bell.hpp"
#include "base/process.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "cli/process/bounded_log.hpp"
#include "services/pid_file.hpp"

namespace synapse::cli {

namespace {

// A watch in which the end of a process shows as a SIGHUP, once and for ever after.
class OrEndOf final : public SignalWatch {
 public:
  OrEndOf(std::unique_ptr<SignalWatch> signals, pid_t pid)
      : signals_(std::move(signals)),
        process_(base::open_process(pid)),
        either_(epoll_create1(EPOLL_CLOEXEC)) {
    if (!process_.is_open()) {
      if (errno != ESRCH) throw std::system_error(errno, std::generic_category(), "pidfd_open");
      gone_.ring();
    }
    add(signals_->descriptor());
    add(process_.is_open() ? process_.number() : gone_.descriptor());
  }

  [[nodiscard]] int descriptor() const override { return either_.number(); }

  [[nodiscard]] std::optional<Signal> take() override {
    if (const std::optional<Signal> signal = signals_->take()) return signal;
    epoll_event event{};
    if (epoll_wait(either_.number(), &event, 1, 0) != 1) return std::nullopt;
    return Signal{SIGHUP, Signal::Origin::process};
  }

 private:
  void add(int descriptor) const {
    epoll_event event{};
    event.events = EPOLLIN;
    if (epoll_ctl(either_.number(), EPOLL_CTL_ADD, descriptor, &event) != 0) {
      throw std::system_error(errno, std::generic_category(), "epoll_ctl");
    }
  }

  std::unique_ptr<SignalWatch> signals_;
  base::Bell gone_;
  base::Descriptor process_;
  base::Descriptor either_;
};

int explain(Context& context, const Error& error) {
  context.err << context.command << ": " << shown(error.message) << '\n';
  return exit_code::failed;
}

int run_logged(Context& context, const BackgroundOptions& options, SignalWatch& watch,
               const std::function<int(Context&, SignalWatch&)>& work) {
  const auto at_end = options.keep_log ? BoundedLog::AtEnd::keep : BoundedLog::AtEnd::remove;
  const Result<std::unique_ptr<BoundedLog>> log = BoundedLog::open(*options.log, at_end);
  if (!log) return explain(context, log.error());
  std::ostream stream(log->get());
  Context logged{stream,          stream,         context.environment, context.clock,
                 context.signals, context.random, context.folder};
  logged.program = context.program;
  return work(logged, watch);
}

}  // namespace

void add_background_options(OptionSet& set, BackgroundOptions& options) {
  set.heading("Beside a shell");
  set.integer(
      {"--while-pid", "PID", "end when this process ends, and no sooner by a key of its terminal"},
      options.while_pid, {1, std::numeric_limits<pid_t>::max()});
  set.text({"--pid-file", "FILE", "one of those with the same file runs; a second ends at once"},
           options.pid_file);
  set.flag("--replace", options.replace, "end the one that has the --pid-file, and go on for it");
  set.text({"--log", "FILE", "write there, 1 MiB at most, and say nothing here"}, options.log);
  set.flag("--keep-log", options.keep_log, "leave that file behind unless it is empty");
}

int run_beside(Context& context, const BackgroundOptions& options,
               const std::function<int(Context&, SignalWatch&)>& work) {
  using services::PidFile;
  std::unique_ptr<SignalWatch> watch = context.signals.watch({SIGINT, SIGTERM, SIGHUP});
  if (options.while_pid) {
    watch = std::make_unique<OrEndOf>(std::move(watch), *options.while_pid);
    // Some shells start what is in the background in their own group, where Ctrl-C reaches it.
    setpgid(0, 0);
    std::error_code kept;  // Only an unmount would have noticed.
    std::filesystem::current_path("/", kept);
  }
  std::optional<PidFile> file;
  if (options.pid_file) {
    const auto if_held = options.replace ? PidFile::IfHeld::replace : PidFile::IfHeld::leave;
    auto claimed = PidFile::claim(*options.pid_file, options.while_pid.value_or(0), if_held);
    if (!claimed) return explain(context, claimed.error());
    if (!*claimed) return exit_code::ok;
    file.emplace(**std::move(claimed));
  }
  if (!options.log) return work(context, *watch);
  return run_logged(context, options, *watch, work);
}

}  // namespace synapse::cli
