// SPDX-License-Identifier: AGPL-3.0-or-later
// How long what is held is held, by agent and by path, from the log; and which paths many agents
// want, which are those worth splitting.
#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>
#include <set>

#include "base/time_text.hpp"
#include "cli/args/quantity.hpp"
#include "cli/commands/commands.hpp"
#include "cli/output/render.hpp"
#include "cli/past/past_log.hpp"
#include "cli/past/rehearsal.hpp"

namespace synapse::cli::commands {

namespace {

struct StatsArguments {
  PastOptions past;
  std::vector<std::string> what_if;
  bool json = false;
};

constexpr std::size_t rows_shown = 10;
// Of one agent or path: of more, a sample is kept.
constexpr std::size_t spans_max = 4096;

class Spans {
 public:
  void add(double seconds) {
    total_ += seconds;
    if (sample_.size() < spans_max) {
      sample_.push_back(seconds);
    } else {
      sample_[(count_ * 2'654'435'761U) % spans_max] = seconds;
    }
    ++count_;
  }
  [[nodiscard]] std::size_t count() const { return count_; }
  [[nodiscard]] double total() const { return total_; }
  // The span that this share of them does not pass; 0 where there is none.
  [[nodiscard]] double percentile(double share) const {
    if (sample_.empty()) return 0;
    std::vector<double> sorted = sample_;
    std::sort(sorted.begin(), sorted.end());
    const auto last = static_cast<double>(sorted.size() - 1);
    return sorted[static_cast<std::size_t>(share * last + 0.5)];
  }

 private:
  std::vector<double> sample_;
  std::size_t count_ = 0;
  double total_ = 0;
};

// What an agent or a path came to.
struct Tally {
  std::size_t claims = 0;
  std::size_t lapses = 0;
  std::uint64_t refusals = 0;  // Each is a collision that did not happen.
  std::set<std::string> agents;
  Spans held;
  Spans waits;
};

struct PastTotals {
  Tally all;
  std::size_t hand_offs = 0;
  std::size_t messages = 0;
  bool has_refusals = false;  // Whether the log has what it may have of them.
  std::map<std::string, Tally> agents;
  std::map<std::string, Tally> paths;
};

void tally_event(PastTotals& totals, const past::PastEvent& event) {
  if (event.kind == "said") ++totals.messages;
  totals.has_refusals = totals.has_refusals || past::is_witnessed(event.kind);
  if (event.kind == "handed-off") ++totals.hand_offs;
  const bool begins = event.kind == "claimed";
  const bool lapses = event.kind == "expired";
  const bool is_refused = event.kind == "refused";
  if (!begins && !lapses && !is_refused && !event.held_for && !event.waited) return;
  const std::string& holder = event.kind == "handed-off" ? event.other : event.agent;
  const auto into = [&](Tally& tally) {
    if (begins) ++tally.claims;
    if (lapses) ++tally.lapses;
    if (is_refused) tally.refusals += event.count;
    if (event.held_for) tally.held.add(*event.held_for);
    if (event.waited) tally.waits.add(*event.waited);
    tally.agents.insert(holder);
  };
  into(totals.all);
  into(totals.agents[holder]);
  if (!event.has_files) return;
  const std::vector<std::string> whole = {""};
  for (const std::string& path : event.paths.empty() ? whole : event.paths) {
    into(totals.paths[event.worktree + "\n" + path]);
  }
}

using TallyRow = std::pair<std::string, const Tally*>;

template <class Less>
std::vector<TallyRow> top_rows(const std::map<std::string, Tally>& tallies, Less less) {
  std::vector<TallyRow> rows;
  for (const auto& [name, tally] : tallies) rows.emplace_back(name, &tally);
  std::stable_sort(rows.begin(), rows.end(), less);
  return rows;
}

// Many agents, for long, and refusals: where they stand in each other's way.
std::vector<TallyRow> worth_splitting(const PastTotals& totals) {
  std::vector<TallyRow> rows = top_rows(totals.paths, [](const TallyRow& a, const TallyRow& b) {
    const auto weight = [](const Tally& tally) {
      constexpr double refusal_weight = 60;  // As so many seconds.
      return static_cast<double>(tally.agents.size() - 1) * tally.held.total() +
             refusal_weight * static_cast<double>(tally.refusals);
    };
    return weight(*a.second) > weight(*b.second);
  });
  std::erase_if(rows, [](const TallyRow& row) { return row.second->agents.size() < 2; });
  if (rows.size() > rows_shown) rows.resize(rows_shown);
  return rows;
}

Json tally_json(const Tally& tally) {
  return {{"claims", tally.claims},
          {"lapses", tally.lapses},
          {"agents", tally.agents.size()},
          {"held_seconds", tally.held.total()},
          {"held_median", tally.held.percentile(0.5)},
          {"held_90", tally.held.percentile(0.9)},
          {"held_99", tally.held.percentile(0.99)},
          {"refusals", tally.refusals},
          {"waits", tally.waits.count()},
          {"waited_median", tally.waits.percentile(0.5)},
          {"waited_90", tally.waits.percentile(0.9)}};
}

std::string tally_text(const Tally& tally) {
  return std::to_string(tally.claims) + (tally.claims == 1 ? " claim" : " claims") + ", held for " +
         base::span_of(tally.held.percentile(0.5)) + " by the median, " +
         base::span_of(tally.held.percentile(0.9)) + " at 90 %, " +
         base::span_of(tally.held.percentile(0.99)) + " at 99 %" +
         (tally.lapses == 0 ? "" : "; " + std::to_string(tally.lapses) + " ran out") +
         (tally.refusals == 0 ? "" : "; " + std::to_string(tally.refusals) + " refusals") +
         (tally.waits.count() == 0
              ? ""
              : "; " + std::to_string(tally.waits.count()) + " waits, " +
                    base::span_of(tally.waits.percentile(0.5)) + " by the median");
}

std::string path_text(const std::string& key) {
  const std::size_t cut = key.find('\n');
  const std::string worktree = key.substr(0, cut);
  const std::string path = key.substr(cut + 1);
  return (path.empty() ? "the whole work tree" : shown(path)) +
         (worktree.empty() ? "" : " in " + shown(worktree));
}

Json totals_json(const PastTotals& totals) {
  Json agents = Json::object();
  for (const auto& [name, tally] : totals.agents) agents[name] = tally_json(tally);
  Json paths = Json::array();
  for (const auto& [key, tally] : totals.paths) {
    Json row = tally_json(tally);
    row["worktree"] = key.substr(0, key.find('\n'));
    row["path"] = key.substr(key.find('\n') + 1);
    paths.push_back(std::move(row));
  }
  Json splitting = Json::array();
  for (const auto& [key, tally] : worth_splitting(totals)) {
    splitting.push_back({{"worktree", key.substr(0, key.find('\n'))},
                         {"path", key.substr(key.find('\n') + 1)},
                         {"agents", tally->agents}});
  }
  return {{"all", tally_json(totals.all)},
          {"hand_offs", totals.hand_offs},
          {"messages", totals.messages},
          {"agents", agents},
          {"paths", paths},
          {"worth_splitting", splitting},
          {"refusals_recorded", totals.has_refusals}};
}

void print_totals(Context& context, const PastTotals& totals) {
  context.out << tally_text(totals.all) << "\n"
              << totals.hand_offs << " hand-offs, " << totals.messages << " messages, "
              << (totals.has_refusals ? std::to_string(totals.all.refusals) + " collisions avoided"
                                      : std::string("refusals and waits not recorded"))
              << "\n";
  const auto by_claims = [](const TallyRow& a, const TallyRow& b) {
    return a.second->claims > b.second->claims;
  };
  const Style style(context);
  context.out << "\n" << style.heading("Agents") << "\n";
  std::vector<TallyRow> agents = top_rows(totals.agents, by_claims);
  if (agents.size() > rows_shown) agents.resize(rows_shown);
  for (const auto& [name, tally] : agents) {
    context.out << "  " << shown(name) << ": " << tally_text(*tally) << '\n';
  }
  const std::vector<TallyRow> splitting = worth_splitting(totals);
  context.out << "\n" << style.heading("Paths worth splitting") << "\n";
  if (splitting.empty()) context.out << "  none: no path was claimed by two agents\n";
  for (const auto& [key, tally] : splitting) {
    context.out << "  " << path_text(key) << ": " << tally->agents.size() << " agents, "
                << tally_text(*tally) << '\n';
  }
}

// `ttl=300`, `scope=exact`.
Result<std::optional<OtherRule>> other_rule(const std::vector<std::string>& wishes) {
  if (wishes.empty()) return std::optional<OtherRule>();
  OtherRule rule;
  for (const std::string& wish : wishes) {
    if (wish == "scope=exact") {
      rule.scopes = OtherRule::Scopes::exact;
      continue;
    }
    const Result<double> ttl = wish.starts_with("ttl=")
                                   ? parse_duration(wish.substr(4))
                                   : Result<double>(fail(ErrorCode::bad_argument));
    constexpr double ttl_min = 30;
    constexpr double ttl_max = 30 * 86'400;
    if (!ttl || *ttl < ttl_min || *ttl > ttl_max) {
      return fail(ErrorCode::bad_argument,
                  "--what-if '" + wish +
                      "' is neither scope=exact nor a length of leases from 30 "
                      "seconds to 30 days, such as ttl=300 or ttl=10m");
    }
    rule.ttl = *ttl;
  }
  return std::optional(rule);
}

Json rehearsed_json(const Rehearsed& found, const OtherRule& rule) {
  return {{"claims", found.claims},
          {"claims_refused", found.claims_refused},
          {"refusals", found.refusals},
          {"refusals_granted", found.refusals_granted},
          {"lapses", found.lapses},
          {"lapses_at_work", found.lapses_at_work},
          {"free_sooner_seconds", found.free_sooner_seconds},
          {"unknown", Rehearsal::unknowns(rule)}};
}

void print_rehearsed(Context& context, const Rehearsed& found, const OtherRule& rule) {
  const Style style(context);
  context.out << "\n"
              << style.heading("What if") << "\n  Of " << found.refusals
              << " refusals because of a claim in the way, " << found.refusals_granted
              << " would have been granted; of " << found.claims << " claims, "
              << found.claims_refused << " would have been refused.\n";
  if (rule.ttl) {
    const double sooner = found.free_sooner_seconds;
    context.out << "  " << found.lapses_at_work
                << " leases would have run out while their agents were at work; what "
                << found.lapses << " lapses freed would have been free "
                << base::span_of(std::abs(sooner)) << (sooner < 0 ? " later" : " sooner")
                << ", in all.\n";
  }
  for (const std::string& line : Rehearsal::unknowns(rule)) context.out << "  " << line << '\n';
}

int run(Context& context, const StatsArguments& options) {
  const auto failed = [&context](const Error& error, int code) {
    context.err << "synapse stats: " << shown(error.message) << '\n';
    return code;
  };
  past::EventFilter span;
  if (const Result<> set = set_span(options.past, context.clock.now().wall, span); !set) {
    return failed(set.error(), exit_code::usage);
  }
  const Result<std::optional<OtherRule>> rule = other_rule(options.what_if);
  if (!rule) return failed(rule.error(), exit_code::usage);
  Result<store::LogReader> log = open_past(context, options.past);
  if (!log) return failed(log.error(), exit_code::failed);
  const Result<std::optional<past::LogBeginning>> beginning = past::beginning_of(*log);
  if (!beginning) return failed(beginning.error(), exit_code::failed);
  if (*beginning) context.err << "synapse stats: " << say_beginning(*beginning) << '\n';
  PastTotals totals;
  Rehearsal rehearsal(rule->value_or(OtherRule()));
  past::Story story;
  store::LogFilter all;
  all.own = store::LogFilter::Own::read;
  const Result<> read = log->read(all, [&](const store::RecordView& record) {
    const std::optional<past::PastEvent> event = story.next(record);
    if (!event || span.is_before(*event) || span.is_after(*event)) return true;
    tally_event(totals, *event);
    if (*rule) rehearsal.take(*event);
    return true;
  });
  if (!read) return failed(read.error(), exit_code::failed);
  if (options.json) {
    Json document = totals_json(totals);
    if (*rule) document["what_if"] = rehearsed_json(rehearsal.rehearsed(), **rule);
    context.out << render_json(document);
  } else {
    print_totals(context, totals);
    if (*rule) print_rehearsed(context, rehearsal.rehearsed(), **rule);
  }
  return exit_code::ok;
}

}  // namespace

Runner stats(OptionSet& set) {
  auto options = std::make_shared<StatsArguments>();
  add_log_file(set, options->past);
  add_span(set, options->past);
  set.list({"--what-if", "RULE",
            "also what would have come of it with leases of another length (ttl=300), or if claims "
            "contended only at the same path (scope=exact)"},
           options->what_if);
  set.flag("--json", options->json, "print one JSON document, with all agents and paths");
  set.example("synapse stats --since -1d");
  set.example("synapse stats --what-if ttl=10m");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
