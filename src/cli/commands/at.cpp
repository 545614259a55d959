// SPDX-License-Identifier: AGPL-3.0-or-later
// The bus as it was at a moment, from the log: leases that lived then, the plan, what nobody had
// read, who was there, and who waited for what.
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <ostream>

#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/lease_time.hpp"
#include "cli/output/render.hpp"
#include "cli/past/past_log.hpp"
#include "core/scope.hpp"
#include "past/states.hpp"
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
Result<Json> claims_then(const past::Then& then) {
  const wire::Encoder encoder("syn-00000000");
  const std::string text = encoder.state(AgentName("self"), then.machine, wire::StateRequest(),
                                         past_snapshot_bytes, then.ts);
  Result<Json> frame = wire::parse_json(text, "the state");
  if (!frame) return frame;
  Json lived = Json::array();
  for (Json& claim : (*frame)["snapshot"]["active_claims"]) {
    if (wire::number_member(claim, "lease_expires_at") > then.ts) lived.push_back(claim);
  }
  (*frame)["snapshot"]["active_claims"] = std::move(lived);
  return frame;
}

bool holds_path(const Json& claim, const std::string& path,
                const std::optional<std::string>& worktree) {
  if (text_of(claim, "scope") == "none") return false;
  const std::string root = text_of(claim, "worktree");
  if (worktree && root != *worktree) return false;
  const std::vector<std::string> paths = texts_of(claim, "paths");
  // All of what is no folder, as `lock` claims it, is no file of anybody's.
  if (paths.empty()) return worktree || root.empty() || root.front() == '/';
  return std::any_of(paths.begin(), paths.end(),
                     [&](const std::string& one) { return core::paths_contend(one, path); });
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
      const std::string paths = shown_paths(claim);
      context.out << "  " << shown(claim, "owner") << " under '" << shown(claim, "task_id") << "' ("
                  << (paths.empty() ? "the whole worktree" : paths)
                  << "): " << lease_detail(context, claim) << '\n';
    }
  }
  return found.empty() ? exit_code::failed : exit_code::ok;
}

constexpr const char* not_recorded = "not recorded: the log says nothing of that from before";

int who_was_there(Context& context, const past::Then& then, bool as_json) {
  const core::Presence presence = then.witnesses.presence(then.machine.presence());
  if (!then.witnesses.are_recorded()) {
    return at_failed(context, fail(ErrorCode::not_found, not_recorded));
  }
  Json names = Json::array();
  for (const AgentName& agent : presence.online()) names.push_back(agent.text);
  if (as_json) {
    context.out << render_json(names);
  } else {
    if (names.empty()) context.out << "nobody\n";
    for (const AgentName& agent : presence.online()) context.out << shown(agent.text) << '\n';
  }
  return exit_code::ok;
}

// Claims in the queue, in their order, and agents that said that they wait.
Json waits_then(const past::Witnesses& witnesses) {
  std::map<std::uint64_t, Json> queued;
  for (const auto& [key, claim] : witnesses.queued()) {
    queued[claim.ticket] = {{"agent", key.first.text},
                            {"task_id", key.second.text},
                            {"worktree", claim.worktree},
                            {"paths", claim.paths},
                            {"since", claim.since}};
  }
  Json list = Json::array();
  for (auto& [ticket, claim] : queued) list.push_back(std::move(claim));
  for (const auto& [agent, wait] : witnesses.waits()) {
    list.push_back({{"agent", agent.text},
                    {"task_id", wait.task_id.text},
                    {"holder", wait.holder.text},
                    {"since", wait.since}});
  }
  return list;
}

int who_waited(Context& context, const past::Then& then, bool as_json) {
  if (!then.witnesses.are_recorded()) {
    return at_failed(context, fail(ErrorCode::not_found, not_recorded));
  }
  const Json list = waits_then(then.witnesses);
  if (as_json) {
    context.out << render_json(list);
    return exit_code::ok;
  }
  if (list.empty()) context.out << "nobody\n";
  for (const Json& wait : list) {
    const std::string paths = shown_paths(wait);
    context.out << shown(wait, "agent") << " waits for '" << shown(wait, "task_id") << "'"
                << (paths.empty() ? "" : " (" + paths + ")")
                << (wait.contains("holder") ? ", which " + shown(wait, "holder") + " holds" : "")
                << ", for " << base::span_of(then.ts - wire::number_member(wait, "since")) << '\n';
  }
  return exit_code::ok;
}

std::string number_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

int summary(Context& context, const past::Then& then, const Json& frame, bool as_json) {
  const core::Machine& machine = then.machine;
  const past::Witnesses& witnesses = then.witnesses;
  const std::size_t claims = frame["snapshot"]["active_claims"].size();
  const std::size_t online = witnesses.presence(machine.presence()).online().size();
  const std::size_t waiting = witnesses.queued().size() + witnesses.waits().size();
  if (as_json) {
    Json json{{"seq", then.seq},
              {"ts", then.ts},
              {"claims", claims},
              {"tasks", machine.plan().tasks().size()},
              {"unseen_messages", machine.mail().live().size()}};
    if (witnesses.are_recorded()) {
      json["online"] = online;
      json["waiting"] = waiting;
    } else {
      json["not_recorded"] = {"presence", "queue", "waits"};
    }
    context.out << render_json(json);
    return exit_code::ok;
  }
  context.out << date_and_time(then.ts) << ", after event " << then.seq << ": "
              << number_of(claims, "claim") << ", "
              << number_of(machine.plan().tasks().size(), "task") << " on the plan, "
              << number_of(machine.mail().live().size(), "message")
              << " that somebody has yet to see\n";
  if (witnesses.are_recorded()) {
    context.out << number_of(online, "agent") << " there, " << waiting << " waiting\n";
  } else {
    context.out << "who was there, and who waited, is not recorded\n";
  }
  return exit_code::ok;
}

int show_moment(Context& context, const AtArguments& options, const past::Then& then) {
  const ThatMoment clock(then.ts);
  Context past_context{context.out,
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
  if (what == "who") return who_was_there(context, then, options.json);
  if (what == "waits") return who_waited(context, then, options.json);
  if (what == "board") {
    const wire::Encoder encoder("syn-00000000");
    const Result<Json> frame = wire::parse_json(
        encoder.board(AgentName("self"), then.machine.plan(), {}, past_snapshot_bytes, then.ts),
        "the plan");
    if (!frame) return at_failed(context, frame.error());
    context.out << (options.json ? render_json(*frame) : render_board(*frame, style));
    return exit_code::ok;
  }
  const Result<Json> frame = claims_then(then);
  if (!frame) return at_failed(context, frame.error());
  if (what == "who-holds") return who_held(past_context, options, *frame);
  if (what.empty()) return summary(context, then, *frame, options.json);
  context.out << (options.json ? render_json(*frame)
                               : render_claims(*frame, style, [&past_context](const Json& claim) {
                                   return lease_detail(past_context, claim);
                                 }));
  return exit_code::ok;
}

int run(Context& context, const AtArguments& options) {
  const auto misused = [&context](const std::string& why) {
    context.err << "synapse at: " << shown(why) << '\n';
    return exit_code::usage;
  };
  const std::string what = options.what.value_or("");
  constexpr std::array known{"", "who-holds", "state", "board", "who", "waits"};
  if (std::find(known.begin(), known.end(), what) == known.end()) {
    return misused("'" + what + "' is none of who-holds, state, board, who and waits");
  }
  if ((what == "who-holds") != options.path.has_value()) {
    return misused("a PATH goes with who-holds, and with nothing else");
  }
  const Result<past::When> when = parse_past_time(options.time, context.clock.now().wall);
  if (!when) return misused(when.error().message);
  Result<store::LogReader> log = open_past(context, options.past);
  if (!log) return at_failed(context, log.error());
  const Result<std::optional<past::LogBeginning>> beginning = past::beginning_of(*log);
  if (!beginning) return at_failed(context, beginning.error());
  if (past::is_lost(*when, *beginning)) {
    return at_failed(context, fail(ErrorCode::not_found, say_beginning(*beginning)));
  }
  // For one question nothing has to be kept.
  past::StatesBounds none;
  none.records_between = std::numeric_limits<std::uint64_t>::max() / 2;
  past::States states(*std::move(log), none);
  const Result<past::Then> then = states.at(*when);
  if (!then) return at_failed(context, then.error());
  return show_moment(context, options, *then);
}

}  // namespace

Runner at(OptionSet& set) {
  auto options = std::make_shared<AtArguments>();
  set.argument("TIME", options->time,
               "14:03, -10m, 2026-11-30T14:03, seconds since 1970, or the number of an event");
  set.argument("WHAT", options->what, "who-holds, state, board, who or waits [how much there was]");
  set.argument("PATH", options->path, "with who-holds: a file, folder or glob in its work tree");
  set.text({"--worktree", "TEXT", "with who-holds: only claims of this work tree"},
           options->worktree);
  add_log_file(set, options->past);
  set.flag("--json", options->json, "print one JSON document");
  set.example("synapse at -10m who-holds src/a.c");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
