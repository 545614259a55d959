// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/panes.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/strings.hpp"
#include "base/time_text.hpp"
#include "cli/output/render.hpp"

namespace synapse::cli {

namespace {

using Look = PaneRow::Look;

std::string lease_left(double expires_at, double now) {
  return expires_at <= now ? "ended" : base::span_of(expires_at - now);
}

std::string ago(double at, double now) {
  return at <= 0 ? "never" : base::span_of(std::max(0.0, now - at)) + " ago";
}

std::vector<std::string> claim_details(const BusClaim& claim, double now) {
  std::vector<std::string> lines;
  lines.push_back(shown(claim.owner) + " holds " + scope_text(claim.scope, claim.task_id) +
                  " under '" + shown(claim.task_id) + "'" +
                  (claim.status.empty() ? "" : ", " + shown(claim.status)) +
                  "; the lease ends in " + lease_left(claim.expires_at, now) + ", held for " +
                  base::span_of(std::max(0.0, now - claim.claimed_at)));
  if (!claim.scope.worktree.empty()) lines.push_back("in " + shown(claim.scope.worktree));
  if (!claim.note.empty()) lines.push_back("note: " + shown(claim.note));
  if (!claim.checkpoint.empty()) lines.push_back("checkpoint: " + shown(claim.checkpoint));
  return lines;
}

std::string place_of(const BusWait& wait) {
  if (!wait.holder.empty()) return wait.holder;
  return wait.behind.empty() ? "its turn" : wait.behind;
}

std::string wait_line(const BusWait& wait, double now) {
  return shown(wait.agent) + " waits for " + shown(place_of(wait)) + ": " +
         scope_text(wait.scope, wait.task_id) +
         (wait.since ? ", for " + base::span_of(now - *wait.since) : "") +
         (wait.place > 1 ? ", in place " + std::to_string(wait.place) : "");
}

// --- Fleet ---

struct AgentView {
  const BusAgent* agent = nullptr;
  std::vector<const BusClaim*> claims;
  std::vector<const BusWait*> waits;
  std::optional<Concern::Level> level;
};

std::vector<AgentView> agents_of(const Bus& bus, double now) {
  std::map<std::string, AgentView> views;
  for (const BusAgent& agent : bus.agents) {
    if (!bus.is_helper(agent)) views[agent.name].agent = &agent;
  }
  for (const BusClaim& claim : bus.claims) views[claim.owner].claims.push_back(&claim);
  for (const BusWait& wait : bus.waits) views[wait.agent].waits.push_back(&wait);
  for (const Concern& concern : concerns_of(bus, now)) {
    std::optional<Concern::Level>& level = views[concern.agent].level;
    if (!level || concern.level < *level) level = concern.level;
  }
  std::vector<AgentView> list;
  for (auto& [name, view] : views) {
    if (view.agent != nullptr) list.push_back(std::move(view));
  }
  const auto rank = [](const AgentView& view) {
    if (view.level) return *view.level == Concern::Level::stuck ? 0 : 1;
    if (!view.waits.empty()) return 2;
    if (!view.claims.empty()) return 3;
    return view.agent->is_online ? 4 : 5;
  };
  std::stable_sort(list.begin(), list.end(),
                   [&](const AgentView& a, const AgentView& b) { return rank(a) < rank(b); });
  return list;
}

std::string held_text(const AgentView& view, double now) {
  if (view.claims.empty()) return "";
  const BusClaim& first = **std::min_element(
      view.claims.begin(), view.claims.end(),
      [](const BusClaim* a, const BusClaim* b) { return a->expires_at < b->expires_at; });
  const std::size_t more = view.claims.size() - 1;
  return lease_left(first.expires_at, now) + "  " + scope_text(first.scope, first.task_id) +
         (more == 0 ? "" : " +" + std::to_string(more));
}

PaneRow fleet_row(const Bus& bus, const AgentView& view, double now) {
  const BusAgent& agent = *view.agent;
  PaneRow row;
  row.key = agent.name;
  const std::string state = !agent.is_online     ? "o away"
                            : bus.listens(agent) ? "@ listens"
                                                 : "* online";
  std::string waits;
  if (!view.waits.empty()) {
    const BusWait& first = *view.waits.front();
    waits = shown(place_of(first)) + (first.since ? ", " + base::span_of(now - *first.since) : "");
  }
  row.cells = {shown(agent.name),
               state,
               held_text(view, now),
               waits,
               agent.unread == 0 ? "" : std::to_string(agent.unread),
               ago(agent.last_seen, now)};
  if (view.level) {
    row.look = *view.level == Concern::Level::stuck ? Look::bad : Look::warning;
  } else if (!agent.is_online) {
    row.look = Look::faint;
  }
  for (const BusClaim* claim : view.claims) {
    for (std::string& line : claim_details(*claim, now)) row.details.push_back(std::move(line));
  }
  for (const BusWait* wait : view.waits) row.details.push_back(wait_line(*wait, now));
  if (row.details.empty()) row.details.emplace_back("holds nothing and waits for nothing");
  row.subject = {TopSubject::Kind::agent, agent.name};
  return row;
}

PaneTable fleet_table(const Bus& bus, double now) {
  PaneTable table{{{"AGENT", 18, 2},
                   {"STATE", 9, 0},
                   {"HOLDS", 20, 4},
                   {"WAITS FOR", 12, 2},
                   {"MAIL", 4, 0},
                   {"SEEN", 9, 0}},
                  {},
                  "no agent has been here yet; `synapse demo` shows two"};
  for (const AgentView& view : agents_of(bus, now)) table.rows.push_back(fleet_row(bus, view, now));
  return table;
}

// --- Files ---

struct FileNode {
  std::map<std::string, FileNode> inside;
  std::vector<const BusClaim*> claims;
  std::vector<const BusWait*> waits;
  std::size_t refusals = 0;
};

FileNode& node_at(FileNode& root, const std::string& path) {
  FileNode* node = &root;
  std::size_t from = 0;
  while (from < path.size()) {
    const std::size_t slash = std::min(path.find('/', from), path.size());
    if (slash > from) node = &node->inside[path.substr(from, slash - from)];
    from = slash + 1;
  }
  return *node;
}

template <class Visit>
void visit_paths(std::map<std::string, FileNode>& trees, const BusScope& scope, Visit visit) {
  if (!scope.has_files) return;
  FileNode& root = trees[scope.worktree];
  if (scope.paths.empty()) visit(root);
  for (const std::string& path : scope.paths) visit(node_at(root, path));
}

bool is_shown(const FileNode& node) {
  return !node.claims.empty() || !node.waits.empty() || node.refusals != 0;
}

PaneRow file_row(const std::string& key, const std::string& label, const FileNode& node,
                 double now) {
  PaneRow row;
  row.key = key;
  std::string holders;
  for (const BusClaim* claim : node.claims) {
    holders += (holders.empty() ? "" : ", ") + shown(claim->owner);
    for (std::string& line : claim_details(*claim, now)) row.details.push_back(std::move(line));
  }
  for (const BusWait* wait : node.waits) row.details.push_back(wait_line(*wait, now));
  const bool is_held = !node.claims.empty();
  if (is_held) {
    const BusClaim& claim = *node.claims.front();
    row.subject = {TopSubject::Kind::claim, claim.owner, claim.task_id, claim.epoch};
  }
  row.cells = {label,
               holders,
               is_held ? shown(node.claims.front()->task_id) : "",
               is_held ? lease_left(node.claims.front()->expires_at, now) : "",
               node.waits.empty() ? "" : std::to_string(node.waits.size()),
               node.refusals == 0 ? "" : std::to_string(node.refusals)};
  row.look = !node.waits.empty() || node.refusals != 0 ? Look::warning
             : is_held                                 ? Look::plain
                                                       : Look::faint;
  return row;
}

// A folder in which nothing is but one other is told in one line with it.
void add_files(const FileNode& node, const std::string& key, std::size_t depth, double now,
               std::vector<PaneRow>& rows) {
  for (const auto& [name, child] : node.inside) {
    std::string label = name;
    std::string path = key + "/" + name;
    const FileNode* shown_node = &child;
    while (!is_shown(*shown_node) && shown_node->inside.size() == 1) {
      const auto& [next_name, next] = *shown_node->inside.begin();
      label += "/" + next_name;
      path += "/" + next_name;
      shown_node = &next;
    }
    if (!shown_node->inside.empty()) label += "/";
    rows.push_back(file_row(path, std::string(2 * depth, ' ') + shown(label), *shown_node, now));
    add_files(*shown_node, path, depth + 1, now, rows);
  }
}

PaneTable files_table(const Bus& bus, double now) {
  PaneTable table{{{"FILE", 24, 4},
                   {"HELD BY", 14, 2},
                   {"TASK", 10, 1},
                   {"LEASE", 7, 0},
                   {"WAIT", 4, 0},
                   {"REFUSED", 7, 0}},
                  {},
                  "no file is claimed"};
  std::map<std::string, FileNode> trees;
  for (const BusClaim& claim : bus.claims) {
    visit_paths(trees, claim.scope, [&](FileNode& node) { node.claims.push_back(&claim); });
  }
  for (const BusWait& wait : bus.waits) {
    visit_paths(trees, wait.scope, [&](FileNode& node) { node.waits.push_back(&wait); });
  }
  for (const BusRefusal& refusal : bus.refusals) {
    if (refusal.scope.worktree.empty() && refusal.scope.paths.empty()) continue;
    visit_paths(trees, refusal.scope, [](FileNode& node) { ++node.refusals; });
  }
  for (const auto& [worktree, root] : trees) {
    table.rows.push_back(
        file_row(worktree, worktree.empty() ? "(no work tree)" : shown(worktree), root, now));
    add_files(root, worktree, 1, now, table.rows);
  }
  return table;
}

// --- Waits, Plan, Talk ---

PaneTable waits_table(const Bus& bus, double now) {
  PaneTable table{{{"AGENT", 18, 2},
                   {"WAITS FOR", 18, 2},
                   {"FILES", 18, 3},
                   {"PLACE", 5, 0},
                   {"SINCE", 8, 0},
                   {"LEASE", 8, 0}},
                  {},
                  "nobody waits"};
  for (const BusWait& wait : bus.waits) {
    PaneRow row;
    row.key = wait.agent + "\n" + wait.task_id;
    row.cells = {shown(wait.agent),
                 shown(place_of(wait)),
                 scope_text(wait.scope, wait.task_id),
                 wait.place == 0 ? "" : std::to_string(wait.place),
                 wait.since ? base::span_of(now - *wait.since) : "",
                 wait.holder.empty() ? "" : lease_left(wait.holder_until, now)};
    const BusAgent* holder = bus.agent(wait.holder);
    const bool is_stuck = !wait.holder.empty() && (holder == nullptr || !holder->is_online);
    row.look = is_stuck ? Look::bad : Look::plain;
    row.details.push_back(wait_line(wait, now));
    row.subject = {TopSubject::Kind::wait, wait.agent, wait.task_id};
    for (const BusClaim& claim : bus.claims) {
      if (claim.task_id != wait.holder_task || wait.holder.empty()) continue;
      for (std::string& line : claim_details(claim, now)) row.details.push_back(std::move(line));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

bool is_finished(const std::string& status) {
  return status == "done" || status == "failed" || status == "cancelled";
}

PaneTable plan_table(const Bus& bus) {
  PaneTable table{
      {{"TASK", 14, 1}, {"STATE", 11, 0}, {"TITLE", 24, 4}, {"WHO", 14, 1}, {"AFTER", 10, 2}},
      {},
      "there is no plan; `synapse task declare` begins one"};
  std::map<std::string, const BusClaim*> claims;
  for (const BusClaim& claim : bus.claims) claims[claim.task_id] = &claim;
  std::set<std::string> done;
  for (const BusTask& task : bus.tasks) {
    if (task.status == "done") done.insert(task.task_id);
  }
  for (const BusTask& task : bus.tasks) {
    std::vector<std::string> open;
    for (const std::string& before : task.depends_on) {
      if (!done.contains(before)) open.push_back(shown(before));
    }
    const auto claim = claims.find(task.task_id);
    const bool is_claimed = claim != claims.end();
    const bool is_ready = task.status == "open" && open.empty() && !is_claimed;
    PaneRow row;
    row.key = task.task_id;
    row.cells = {shown(task.task_id),
                 is_claimed && task.status == "open" ? "claimed"
                 : is_ready                          ? "ready"
                                                     : shown(task.status),
                 shown(task.title),
                 is_claimed ? shown(claim->second->owner) : shown(task.suggested_owner),
                 base::join(open, ", ")};
    row.look = task.status == "blocked" || task.status == "failed" ? Look::bad
               : is_finished(task.status)                          ? Look::faint
               : is_ready                                          ? Look::good
                                                                   : Look::plain;
    row.details.push_back(shown(task.title));
    row.subject = {TopSubject::Kind::task, "", task.task_id};
    if (!open.empty()) row.details.push_back("waits for " + base::join(open, ", "));
    if (is_claimed) row.details.push_back(shown(claim->second->owner) + " has it");
    table.rows.push_back(std::move(row));
  }
  std::stable_sort(table.rows.begin(), table.rows.end(), [](const PaneRow& a, const PaneRow& b) {
    return (a.look == Look::faint) < (b.look == Look::faint);
  });
  return table;
}

// How far it has come with all of its recipients.
std::string state_of_message(const BusMessage& message) {
  std::map<std::string, std::size_t> counts;
  for (const auto& [agent, state] : message.states) ++counts[state];
  if (counts.size() == 1) return shown(counts.begin()->first);
  std::string text;
  for (const auto& [state, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + shown(state);
  }
  return text;
}

PaneTable talk_table(const Bus& bus, double now) {
  PaneTable table{
      {{"TIME", 8, 0}, {"FROM", 14, 1}, {"TO", 12, 1}, {"STATE", 9, 0}, {"TEXT", 24, 6}},
      {},
      "nothing has been said"};
  for (auto message = bus.talk.rbegin(); message != bus.talk.rend(); ++message) {
    PaneRow row;
    row.key = std::to_string(message->id);
    row.cells = {base::time_of_day(message->at, now), shown(message->from), shown(message->to),
                 state_of_message(*message), shown(message->text)};
    row.look = state_of_message(*message) == "dropped" ? Look::bad : Look::plain;
    row.details.push_back(shown(message->text));
    row.subject = {TopSubject::Kind::agent, message->from};
    for (const auto& [agent, state] : message->states) {
      row.details.push_back(shown(agent) + ": " + shown(state));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

PaneTable whole_table(Pane pane, const Bus& bus, double now) {
  switch (pane) {
    case Pane::fleet:
      return fleet_table(bus, now);
    case Pane::files:
      return files_table(bus, now);
    case Pane::waits:
      return waits_table(bus, now);
    case Pane::plan:
      return plan_table(bus);
    case Pane::talk:
      return talk_table(bus, now);
  }
  return {};
}

}  // namespace

PaneTable table_of(Pane pane, const Bus& bus, double now, std::string_view filter) {
  PaneTable table = whole_table(pane, bus, now);
  if (filter.empty()) return table;
  const std::string wanted = base::to_lower(filter);
  std::erase_if(table.rows, [&](const PaneRow& row) {
    return std::none_of(row.cells.begin(), row.cells.end(), [&](const std::string& cell) {
      return base::to_lower(cell).find(wanted) != std::string::npos;
    });
  });
  table.nothing = "nothing matches '" + shown(filter) + "'";
  return table;
}

}  // namespace synapse::cli
