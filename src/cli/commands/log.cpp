// SPDX-License-Identifier: AGPL-3.0-or-later
#include <csignal>
#include <ostream>

#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"
#include "cli/past/past_log.hpp"
#include "core/scope.hpp"

namespace synapse::cli::commands {

namespace {

struct LogArguments {
  PastOptions past;
  past::EventFilter filter;
  std::optional<std::string> path;
  std::optional<std::uint64_t> last;
  bool follow = false;
  bool json = false;
};

constexpr double follow_seconds = 0.25;

void print_event(Context& context, const past::PastEvent& event, bool as_json) {
  if (as_json) {
    context.out << wire::json_text(past::to_json(event), wire::JsonLayout::ascii_line) << '\n';
  } else {
    context.out << event.seq << "  " << date_and_time(event.ts) << "  " << past::sentence(event)
                << '\n';
  }
}

int log_failed(Context& context, const Error& error) {
  context.err << "synapse log: " << shown(error.message) << '\n';
  return exit_code::failed;
}

Result<past::EventFilter> filter_of(const Context& context, const LogArguments& options) {
  past::EventFilter filter = options.filter;
  if (options.path) filter.path = core::normalise_path(*options.path);
  if (const Result<> known = past::check_kinds(filter.kinds); !known) return known.error();
  if (const Result<> span = set_span(options.past, context.clock.now().wall, filter); !span) {
    return span.error();
  }
  return filter;
}

// Goes on until it is told to stop.
int follow_log(Context& context, store::LogReader& log, const store::LogReader::Sink& sink) {
  const auto signals = context.signals.watch({SIGINT, SIGTERM});
  while (context.out.good() && !sleep_unless_signalled(*signals, to_milliseconds(follow_seconds))) {
    if (const Result<> read = log.read_on(sink); !read) return log_failed(context, read.error());
    context.out.flush();
  }
  return exit_code::ok;
}

int run(Context& context, const LogArguments& options) {
  const Result<past::EventFilter> filter = filter_of(context, options);
  if (!filter) {
    context.err << "synapse log: " << shown(filter.error().message) << '\n';
    return exit_code::usage;
  }
  Result<store::LogReader> log = open_past(context, options.past);
  if (!log) return log_failed(context, log.error());
  const Result<std::optional<past::LogBeginning>> beginning = past::beginning_of(*log);
  if (!beginning) return log_failed(context, beginning.error());
  if (*beginning) context.err << "synapse log: " << say_beginning(*beginning) << '\n';

  past::Story story;
  std::vector<past::PastEvent> kept;  // With --last, in a ring.
  std::uint64_t count = 0;
  const auto sink = [&](const store::RecordView& record) {
    const std::optional<past::PastEvent> event = story.next(record);
    if (!event || !filter->passes(*event)) return true;
    if (!options.last) {
      print_event(context, *event, options.json);
    } else if (kept.size() < *options.last) {
      kept.push_back(*event);
    } else if (*options.last > 0) {
      kept[count % *options.last] = *event;
    }
    ++count;
    return context.out.good();
  };
  store::LogFilter all;
  all.own = store::LogFilter::Own::read;
  if (const Result<> read = log->read(all, sink); !read) return log_failed(context, read.error());
  for (std::uint64_t i = 0; i < kept.size(); ++i) {
    print_event(context, kept[(count + i) % kept.size()], options.json);
  }
  if (!context.out.flush()) return exit_code::failed;
  if (!options.follow) return exit_code::ok;
  return follow_log(context, *log, [&](const store::RecordView& record) {
    const std::optional<past::PastEvent> event = story.next(record);
    if (event && filter->passes(*event)) print_event(context, *event, options.json);
    return context.out.good();
  });
}

}  // namespace

Runner show_log(OptionSet& set) {
  auto options = std::make_shared<LogArguments>();
  add_log_file(set, options->past);
  set.text({"--agent", "NAME", "only what this agent, or any of this project, did or met"},
           options->filter.agent);
  set.text({"--task", "ID", "only what is about this task"}, options->filter.task);
  set.text({"--path", "PATH", "only claims that meet this path or pattern"}, options->path);
  set.list({"--kind", "KIND", "only this kind of event (repeatable)"}, options->filter.kinds);
  add_span(set, options->past);
  set.integer({"--last", "COUNT", "only so many, the newest"}, options->last, {1, 1'000'000});
  set.flag("--follow", options->follow, "go on with what happens from now on");
  set.flag("--json", options->json, "a line of JSON an event");
  set.example("synapse log --path 'src/parser/**' --since -1h");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
