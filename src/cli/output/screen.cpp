// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/output/screen.hpp"

#include <algorithm>
#include <ostream>
#include <set>

#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "cli/output/render.hpp"
#include "cli/output/table.hpp"

namespace synapse::cli {

namespace {

constexpr std::size_t notes_shown = 10;

std::string joined(const Json& object, const char* key) {
  return shown(base::join(texts_of(object, key), ", "));
}

// `12 min` since that moment or until it; blank where the frame does not say.
std::string span_since(const Context& context, const Json& object, const char* key) {
  const Json& moment = member(object, key);
  if (!moment.is_number()) return "";
  return base::span_of(std::max(0.0, context.clock.now().wall - moment.get<double>()));
}

std::string span_until(const Context& context, const Json& object, const char* key) {
  const Json& moment = member(object, key);
  if (!moment.is_number()) return "";
  return base::span_of(std::max(0.0, moment.get<double>() - context.clock.now().wall));
}

// A folder as people write it.
std::string short_folder(const Context& context, const std::string& folder) {
  const std::string home = context.environment.get("HOME").value_or("");
  if (home.size() < 2 || !folder.starts_with(home)) return folder;
  const std::string below = folder.substr(home.size());
  return below.empty() || below.front() == '/' ? "~" + below : folder;
}

std::string worktree_of(const Context& context, const Json& claim) {
  std::string where = text_of(claim, "worktree");
  if (where.empty()) where = text_of(member(claim, "git"), "repo");
  return shown(short_folder(context, where));
}

std::string titled(const Context& context, std::string_view title, std::size_t count) {
  return Style(context).heading(std::string(title) + " (" + std::to_string(count) + ")") + "\n";
}

}  // namespace

std::string screen_claims(const Context& context, const Json& frame) {
  const Json& claims = member(member(frame, "snapshot"), "active_claims");
  if (!claims.is_array() || claims.empty()) return "Nothing is claimed.\n";
  std::set<std::string> places;
  for (const Json& claim : claims) places.insert(worktree_of(context, claim));
  Table table({{"CLAIM"},
               {"OWNER"},
               {"FILES"},
               {"STATUS"},
               {"ENDS IN"},
               {"HELD FOR"},
               {"BRANCH"},
               {"WORKTREE", Table::Cut::start}});
  for (const Json& claim : claims) {
    const std::string status = shown(claim, "status");
    const std::string files = shown_paths(claim);
    const std::string checkpoint = shown(claim, "checkpoint");
    table.add({shown(claim, "task_id"),
               shown(claim, "owner"),
               files.empty() ? "all" : files,
               {status == "claimed" ? "" : status, tint_of_status(status)},
               span_until(context, claim, "lease_expires_at"),
               span_since(context, claim, "claimed_at"),
               shown(member(claim, "git"), "branch"),
               {places.size() > 1 ? worktree_of(context, claim) : "", Tint::faint}},
              checkpoint.empty() ? "" : "checkpoint: " + checkpoint);
  }
  // The room of a column is better spent on files where it would say the same in each row.
  const std::string place = places.size() == 1 ? *places.begin() : "";
  return titled(context, place.empty() ? "Claims" : "Claims in " + place, claims.size()) +
         table.text(Style(context), context.columns);
}

std::string screen_roster(const Context& context, const Json& frame) {
  const std::vector<std::string> online = texts_of(frame, "online_agents");
  const std::set<std::string> all(online.begin(), online.end());
  if (all.empty()) return "Nobody is online.\n";
  const auto is_beside = [&all](const std::string& name) {
    return name.ends_with("-rx") && all.count(name.substr(0, name.size() - 3)) > 0;
  };
  Table table({{"NAME"}, {"CONNECTIONS"}, {"WAITER"}});
  for (const std::string& name : all) {
    if (is_beside(name)) continue;
    const bool has_waiter = all.count(name + "-rx") > 0;
    table.add({shown(name),
               shown(base::join(texts_of(member(frame, "sockets"), name.c_str()), ", ")),
               {has_waiter ? "listening" : "", Tint::good}});
  }
  return titled(context, "Online", all.size()) + table.text(Style(context), context.columns);
}

std::string screen_board(const Context& context, const Json& frame) {
  const Json& board = member(frame, "board");
  const Json& tasks = member(board, "tasks");
  const Style style(context);
  std::string text;
  if (!tasks.is_array() || tasks.empty()) {
    text = "The plan is empty.\n";
  } else {
    Table table({{"STATUS"}, {"TASK"}, {"TITLE"}, {"NEEDS"}, {"FOR"}});
    for (const Json& task : tasks) {
      const std::string status = shown(task, "status");
      table.add({{status, tint_of_status(status)},
                 shown(task, "task_id"),
                 shown(task, "title"),
                 joined(task, "depends_on"),
                 shown(task, "suggested_owner")});
    }
    const std::string ready = joined(board, "ready");
    text = titled(context, "Tasks", tasks.size()) + table.text(style, context.columns) +
           style.heading("Ready") + "  " + (ready.empty() ? "nothing" : ready) + "\n";
  }
  const Json& notes = member(board, "progress");
  if (!notes.is_array() || notes.empty()) return text;
  Table table({{"AGO"}, {"AGENT"}, {"TASK"}, {"KIND"}, {"NOTE"}});
  for (std::size_t i = notes.size() - std::min(notes.size(), notes_shown); i < notes.size(); ++i) {
    const Json& note = notes[i];
    const std::string kind = shown(note, "kind");
    table.add({{span_since(context, note, "posted_at"), Tint::faint},
               shown(note, "author"),
               shown(note, "task_id"),
               {kind, tint_of_status(kind)},
               shown(note, "text")});
  }
  return text + "\n" + style.heading("Progress") + "\n" + table.text(style, context.columns);
}

std::string screen_manifest(const Context& context, const Json& frame) {
  const Json& cards = member(frame, "manifest");
  if (!cards.is_array() || cards.empty()) {
    return "No agent has said what it can do. Workers do when they start: synapse worker --help\n";
  }
  Table table({{"AGENT"}, {"KINDS OF WORK"}, {"MODEL"}, {"DESCRIPTION"}});
  for (const Json& card : cards) {
    table.add({shown(card, "agent"), joined(card, "task_classes"), shown(card, "model"),
               shown(card, "description")});
  }
  return titled(context, "Agents", cards.size()) + table.text(Style(context), context.columns);
}

void hint(Context& context, std::string_view what) {
  if (context.err_is_terminal) context.err << what << std::endl;
}

}  // namespace synapse::cli
