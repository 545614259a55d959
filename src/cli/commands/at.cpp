// SPDX-License-Identifier: AGPL-3.0-or-later
// The bus as it was at a moment, from the log: leases that lived then, the plan, what nobody had
// read.
#include <algorithm>
#include <ostream>

#include "base/strings.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"
#include "cli/past/past_log.hpp"
#include "core/scope.hpp"
#include "wire/encode.hpp"

namespace synapse::cli::commands {

namespace {

struct AtArguments {
  PastOptions past;
  std::string time;
  std::optional<std::string> what;
  std::optional<std::string> path;
  std::optional<std::string> worktree;
  bool json = false;
};

constexpr std::size_t past_snapshot_bytes = 64UL << 20U;

// A clock that stands still, so that spans count from then.
class ThatMoment final : public base::Clock {
 public:
  explicit ThatMoment(double wall) : moment_{wall, base::from_seconds(wall)} {}
  [[nodiscard]] base::Moment now() const override { return moment_; }

 private:
  base::Moment moment_;
};

int at_failed(Context& context, const Error& error) {
  context.err << "synapse at: " << shown(error.message) << '\n';
  return exit_code::failed;
}

// The claims that lived then, as a state_snapshot has them.
Result<Json> claims_then(const PastState& state) {
  const wire::Encoder encoder("syn-00000000");
  const std::string text = encoder.state(AgentName("self"), *state.machine, wire::StateRequest(),
                                         past_snapshot_bytes, state.ts);
  Result<Json> frame = wire::parse_json(text, "the state");
  if (!frame) return frame;
  Json lived = Json::array();
  for (Json& claim : (*frame)["snapshot"]["active_claims"]) {
    if (wire::number_member(claim, "lease_expires_at") > state.ts) lived.push_back(claim);
  }
  (*frame)["snapshot"]["active_claims"] = std::move(lived);
  return frame;
}

bool holds_path(const Json& claim, const std::string& path,
                const std::optional<std::string>& worktree) {
  if (text_of(claim, "scope") == "none") return false;
  if (worktree && text_of(claim, "worktree") != *worktree) return false;
  const std::vector<std::string> paths = texts_of(claim, "paths");
  return paths.empty() || std::any_of(paths.begin(), paths.end(), [&](const std::string& one) {
           return core::paths_contend(one, path);
         });
}

int who_held(Context& context, const AtArguments& options, const Json& frame) {
  const std::string path = core::normalise_path(*options.path);
  Json found = Json::array();
  for (const Json& claim : frame["snapshot"]["active_claims"]) {
    if (holds_path(claim, path, options.worktree)) found.push_back(claim);
  }
  if (options.json) {
    context.out << render_json(found);
  } else {
    context.out << shown(*options.path) << (found.empty() ? ": nobody" : ":") << '\n';
    for (const Json& claim : found) {
      const std::string paths = base::join(texts_of(claim, "paths"), ", ");
      context.out << "  " << shown(claim, "owner") << " under '" << shown(claim, "task_id") << "' ("
                  << (paths.empty() ? "the whole worktree" : shown(paths))
                  << "): " << lease_detail(context, claim) << '\n';
    }
  }
  return found.empty() ? exit_code::failed : exit_code::ok;
}

std::string number_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

int summary(Context& context, const PastState& state, const Json& frame, bool as_json) {
  const core::Machine& machine = *state.machine;
  const std::size_t claims = frame["snapshot"]["active_claims"].size();
  if (as_json) {
    context.out << render_json({{"seq", state.seq},
                                {"ts", state.ts},
                                {"claims", claims},
                                {"tasks", machine.plan().tasks().size()},
                                {"unseen_messages", machine.mail().live().size()}});
    return exit_code::ok;
  }
  context.out << date_and_time(state.ts) << ", after event " << state.seq << ": "
              << number_of(claims, "claim") << ", "
              << number_of(machine.plan().tasks().size(), "task") << " on the plan, "
              << number_of(machine.mail().live().size(), "message")
              << " that somebody has yet to see\n";
  return exit_code::ok;
}

int show_moment(Context& context, const AtArguments& options, const PastState& state) {
  const ThatMoment clock(state.ts);
  Context then{context.out,
               context.err,
               context.environment,
               clock,
               context.signals,
               context.random,
               context.folder,
               context.out_is_terminal,
               context.err_is_terminal};
  const Style style(context);
  const std::string what = options.what.value_or("");
  if (what == "board") {
    const wire::Encoder encoder("syn-00000000");
    const Result<Json> frame = wire::parse_json(
        encoder.board(AgentName("self"), state.machine->plan(), {}, past_snapshot_bytes, state.ts),
        "the plan");
    if (!frame) return at_failed(context, frame.error());
    context.out << (options.json ? render_json(*frame) : render_board(*frame, style));
    return exit_code::ok;
  }
  const Result<Json> frame = claims_then(state);
  if (!frame) return at_failed(context, frame.error());
  if (what == "who-holds") return who_held(then, options, *frame);
  if (what.empty()) return summary(context, state, *frame, options.json);
  context.out << (options.json ? render_json(*frame)
                               : render_claims(*frame, style, [&then](const Json& claim) {
                                   return lease_detail(then, claim);
                                 }));
  return exit_code::ok;
}

int run(Context& context, const AtArguments& options) {
  const auto misused = [&context](const std::string& why) {
    context.err << "synapse at: " << shown(why) << '\n';
    return exit_code::usage;
  };
  const std::string what = options.what.value_or("");
  if (!what.empty() && what != "who-holds" && what != "state" && what != "board") {
    return misused("'" + what + "' is none of who-holds, state and board");
  }
  if ((what == "who-holds") != options.path.has_value()) {
    return misused("a PATH goes with who-holds, and with nothing else");
  }
  const Result<PastTime> when = parse_past_time(options.time, context.clock.now().wall);
  if (!when) return misused(when.error().message);
  Result<store::LogReader> log = open_past(context, options.past);
  if (!log) return at_failed(context, log.error());
  const Result<std::optional<LogBeginning>> beginning = beginning_of(*log);
  if (!beginning) return at_failed(context, beginning.error());
  const bool is_lost =
      *beginning && (when->seq ? *when->seq < (*beginning)->seq : when->wall < (*beginning)->ts);
  if (is_lost) return at_failed(context, fail(ErrorCode::not_found, say_beginning(*beginning)));
  const Result<PastState> state = state_at(*log, *when);
  if (!state) return at_failed(context, state.error());
  return show_moment(context, options, *state);
}

}  // namespace

Runner at(OptionSet& set) {
  auto options = std::make_shared<AtArguments>();
  set.argument("TIME", options->time,
               "14:03, -10m, 2026-11-30T14:03, seconds since 1970, or the number of an event");
  set.argument("WHAT", options->what, "who-holds, state or board [how much there was]");
  set.argument("PATH", options->path, "with who-holds: a file, folder or glob in its work tree");
  set.text({"--worktree", "TEXT", "with who-holds: only claims of this work tree"},
           options->worktree);
  add_log_file(set, options->past);
  set.flag("--json", options->json, "print one JSON document");
  set.example("synapse at -10m who-holds src/a.c");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
