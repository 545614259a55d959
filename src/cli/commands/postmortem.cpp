// SPDX-License-Identifier: AGPL-3.0-or-later
// The story of one task or one file, from the log: who had it, for how long, what was saved and
// handed over, and what those who had it said meanwhile.
#include <algorithm>
#include <deque>
#include <iterator>
#include <ostream>
#include <set>

#include "base/time_text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"
#include "cli/past/past_log.hpp"
#include "core/scope.hpp"

namespace synapse::cli::commands {

namespace {

struct PostmortemArguments {
  PastOptions past;
  std::string subject;
  bool json = false;
  bool markdown = false;
};

// Of a subject that never ends, the newest part.
constexpr std::size_t events_max = 20'000;

struct PastCase {
  bool is_task = false;
  std::vector<past::PastEvent> events;
  std::set<std::string> agents;  // The agents that had it.
  std::size_t claims = 0;
  std::size_t hand_offs = 0;
  std::size_t checkpoints = 0;
  std::size_t lapses = 0;
  std::uint64_t refusals = 0;
  std::size_t waits = 0;
  double waited_seconds = 0;
  double held_seconds = 0;
  std::optional<past::PastEvent> holder;  // The claim that nothing in the log has ended.
  bool is_cut = false;
  bool has_refusals = false;  // Whether the log has what it may have of them.
};

void count_event(PastCase& found, const past::PastEvent& event) {
  const bool takes = event.kind == "claimed" || event.kind == "handed-off";
  if (takes) found.agents.insert(event.agent), found.holder = event;
  if (event.kind == "claimed") ++found.claims;
  if (event.kind == "handed-off") ++found.hand_offs;
  if (event.kind == "checkpoint") ++found.checkpoints;
  if (event.kind == "expired") ++found.lapses;
  if (event.kind == "refused") found.refusals += event.count;
  if (event.kind == "waits") ++found.waits;
  if (event.waited) found.waited_seconds += *event.waited;
  if (event.held_for) found.held_seconds += *event.held_for;
  const bool ends = event.kind == "released" || event.kind == "expired";
  if (ends && found.holder && found.holder->task_id == event.task_id) found.holder.reset();
}

// Those that are about it, and what people who had it said between its first event and its last.
Result<PastCase> gather(store::LogReader& log, const std::string& subject) {
  const std::string path = core::normalise_path(subject);
  PastCase found;
  std::deque<past::PastEvent> about_task;
  std::deque<past::PastEvent> about_path;
  std::deque<past::PastEvent> talk;
  past::Story story;
  store::LogFilter all;
  all.own = store::LogFilter::Own::read;
  std::set<const std::deque<past::PastEvent>*> cut;
  const auto keep = [&cut](std::deque<past::PastEvent>& list, past::PastEvent event) {
    if (list.size() == events_max) list.pop_front(), cut.insert(&list);
    list.push_back(std::move(event));
  };
  const Result<> read = log.read(all, [&](const store::RecordView& record) {
    std::optional<past::PastEvent> event = story.next(record);
    if (!event) return true;
    found.has_refusals = found.has_refusals || past::is_witnessed(event->kind);
    if (!past::is_told(event->kind)) return true;
    if (event->kind == "said") {
      keep(talk, *std::move(event));
    } else if (event->task_id == subject) {
      keep(about_task, *std::move(event));
    } else if (past::is_about(*event, path)) {
      keep(about_path, *std::move(event));
    }
    return true;
  });
  if (!read) return read.error();
  found.is_task = !about_task.empty();
  std::deque<past::PastEvent>& about = found.is_task ? about_task : about_path;
  found.is_cut = cut.contains(&about) || cut.contains(&talk);
  found.events.assign(std::move_iterator(about.begin()), std::move_iterator(about.end()));
  if (found.events.empty()) return found;
  for (const past::PastEvent& event : found.events) count_event(found, event);
  const double first = found.events.front().ts;
  const double last = found.holder ? 1e300 : found.events.back().ts;
  for (past::PastEvent& event : talk) {
    if (event.ts < first || event.ts > last || !found.agents.contains(event.agent)) continue;
    found.events.push_back(std::move(event));
  }
  std::stable_sort(found.events.begin(), found.events.end(),
                   [](const past::PastEvent& a, const past::PastEvent& b) { return a.ts < b.ts; });
  return found;
}

std::string times(std::uint64_t count) {
  if (count == 0) return "never";
  return count == 1 ? "once" : std::to_string(count) + " times";
}

std::vector<std::string> findings_of(const PastCase& found, const std::string& subject) {
  std::vector<std::string> lines;
  std::string agents;
  for (const std::string& agent : found.agents) {
    agents += (agents.empty() ? "" : ", ") + shown(agent);
  }
  lines.push_back(std::string(found.is_task ? "Task " : "File ") + shown(subject) + ": claimed " +
                  times(found.claims) + (agents.empty() ? "" : ", by " + agents) + "; held for " +
                  base::span_of(found.held_seconds) + " by claims that have ended");
  if (found.hand_offs != 0) lines.push_back("Handed over " + times(found.hand_offs));
  if (found.lapses != 0) {
    lines.push_back("Lost " + times(found.lapses) + " because a lease ran out");
  }
  if (found.checkpoints != 0) {
    lines.push_back("Checkpoints saved: " + std::to_string(found.checkpoints));
  }
  if (found.holder) {
    lines.push_back("Not given back as far as the log goes: " + shown(found.holder->agent) +
                    " has had it since " + date_and_time(found.holder->ts));
  }
  if (found.has_refusals) {
    lines.push_back("Refused " + times(found.refusals) + "; waited for " + times(found.waits) +
                    ", for " + base::span_of(found.waited_seconds) + " in all");
  } else {
    lines.emplace_back("Refusals and waits: not recorded");
  }
  if (found.is_cut) {
    lines.push_back("Only the newest " + std::to_string(events_max) + " events are told");
  }
  return lines;
}

// What a table of Markdown would take for its own.
std::string markdown_cell(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (std::string_view("|`*_[]<>\\").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void print_case(Context& context, const PostmortemArguments& options, const PastCase& found) {
  const std::vector<std::string> findings = findings_of(found, options.subject);
  if (options.json) {
    Json events = Json::array();
    for (const past::PastEvent& event : found.events) events.push_back(past::to_json(event));
    context.out << render_json({{"subject", options.subject},
                                {"is", found.is_task ? "task" : "file"},
                                {"findings", findings},
                                {"agents", found.agents},
                                {"claims", found.claims},
                                {"refusals", found.refusals},
                                {"waits", found.waits},
                                {"waited_seconds", found.waited_seconds},
                                {"held_seconds", found.held_seconds},
                                {"events", events}});
    return;
  }
  if (options.markdown) {
    context.out << "# " << markdown_cell(shown(options.subject)) << "\n\n";
    for (const std::string& line : findings) context.out << "- " << markdown_cell(line) << '\n';
    context.out << "\n| when | event | what |\n|---|---|---|\n";
    for (const past::PastEvent& event : found.events) {
      context.out << "| " << date_and_time(event.ts) << " | " << event.seq << " | "
                  << markdown_cell(past::sentence(event)) << " |\n";
    }
    return;
  }
  for (const std::string& line : findings) context.out << line << '\n';
  context.out << '\n';
  for (const past::PastEvent& event : found.events) {
    context.out << date_and_time(event.ts) << "  " << past::sentence(event) << '\n';
  }
}

int run(Context& context, const PostmortemArguments& options) {
  const auto failed = [&context](const Error& error) {
    context.err << "synapse postmortem: " << shown(error.message) << '\n';
    return exit_code::failed;
  };
  Result<store::LogReader> log = open_past(context, options.past);
  if (!log) return failed(log.error());
  const Result<std::optional<past::LogBeginning>> beginning = past::beginning_of(*log);
  if (!beginning) return failed(beginning.error());
  if (*beginning) context.err << "synapse postmortem: " << say_beginning(*beginning) << '\n';
  const Result<PastCase> found = gather(*log, options.subject);
  if (!found) return failed(found.error());
  if (found->events.empty()) {
    return failed(fail(ErrorCode::not_found, "the log has nothing about " + options.subject));
  }
  print_case(context, options, *found);
  return exit_code::ok;
}

}  // namespace

Runner postmortem(OptionSet& set) {
  auto options = std::make_shared<PostmortemArguments>();
  set.argument("SUBJECT", options->subject, "a task's id, or a file, folder or glob");
  add_log_file(set, options->past);
  set.flag("--json", options->json, "print one JSON document");
  set.flag("--markdown", options->markdown, "print Markdown, for a report");
  set.exclusive("--json", "--markdown");
  set.example("synapse postmortem src/parser --markdown > parser.md");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
