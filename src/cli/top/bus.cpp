// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/top/bus.hpp"

#include <algorithm>
#include <set>

#include "cli/output/render.hpp"
#include "core/file_name.hpp"
#include "core/scope.hpp"

namespace synapse::cli {

namespace {

BusScope scope_of(const Json& record) {
  BusScope scope;
  scope.worktree = text_of(record, "worktree");
  scope.paths = texts_of(record, "paths");
  scope.has_files = text_of(record, "scope") != "none";
  return scope;
}

void read_agents(const Json& list, Bus& bus) {
  for (const Json& item : list) {
    bus.agents.push_back({text_of(item, "agent"), texts_of(item, "sockets"),
                          wire::count_member(item, "unread"),
                          wire::number_member(item, "last_seen"), member(item, "online") == true,
                          member(item, "does_not_read") == true});
  }
}

void read_claims(const Json& list, Bus& bus) {
  for (const Json& item : list) {
    bus.claims.push_back({text_of(item, "task_id"), text_of(item, "owner"), scope_of(item),
                          text_of(item, "status"), text_of(item, "note"),
                          text_of(item, "checkpoint"), wire::number_member(item, "claimed_at"),
                          wire::number_member(item, "lease_expires_at"),
                          wire::count_member(item, "epoch")});
  }
}

void read_tasks(const Json& list, Bus& bus) {
  for (const Json& item : list) {
    bus.tasks.push_back({text_of(item, "task_id"), text_of(item, "title"), text_of(item, "status"),
                         text_of(item, "suggested_owner"), texts_of(item, "depends_on")});
  }
}

void read_talk(const Json& list, Bus& bus) {
  for (const Json& item : list) {
    const Json& frame = member(item, "frame");
    BusMessage message;
    message.id = wire::count_member(item, "msg_id");
    message.at = wire::number_member(frame.is_object() ? frame : item, "timestamp");
    message.from = frame.is_object() ? text_of(frame, "sender") : text_of(item, "from");
    message.to = text_of(frame, "target");
    message.text = wire::shown_text(member(frame, "payload"));
    for (const Json& recipient : member(item, "recipients")) {
      message.states.emplace_back(text_of(recipient, "agent"), text_of(recipient, "state"));
    }
    bus.talk.push_back(std::move(message));
  }
  std::sort(bus.talk.begin(), bus.talk.end(),
            [](const BusMessage& a, const BusMessage& b) { return a.id < b.id; });
}

void read_refusals(const Json& events, Bus& bus) {
  for (const Json& item : events) {
    if (text_of(item, "kind") != "refused") continue;
    bus.refusals.push_back({wire::number_member(item, "at"), text_of(item, "agent"),
                            text_of(item, "other"), text_of(item, "word"), scope_of(item)});
  }
}

bool contend(const BusScope& a, const BusScope& b) {
  if (!a.has_files || !b.has_files || a.worktree != b.worktree) return false;
  if (a.paths.empty() || b.paths.empty()) return true;
  for (const std::string& one : a.paths) {
    for (const std::string& other : b.paths) {
      if (core::paths_contend(one, other)) return true;
    }
  }
  return false;
}

// What is in the way of each claim that waits: claims first, then those that came before it.
class Blockers {
 public:
  explicit Blockers(const Bus& bus) {
    for (const BusClaim& claim : bus.claims) {
      by_task_[claim.task_id] = &claim;
      by_worktree_[claim.scope.worktree].push_back(&claim);
    }
  }

  void judge(BusWait& wait) const {
    const BusClaim* found = nullptr;
    const auto own = by_task_.find(wait.task_id);
    if (own != by_task_.end() && own->second->owner != wait.agent) found = own->second;
    if (found == nullptr) found = contending(wait);
    if (found == nullptr) return;
    wait.holder = found->owner;
    wait.holder_task = found->task_id;
    wait.holder_until = found->expires_at;
  }

 private:
  [[nodiscard]] const BusClaim* contending(const BusWait& wait) const {
    const auto claims = by_worktree_.find(wait.scope.worktree);
    if (claims == by_worktree_.end()) return nullptr;
    for (const BusClaim* claim : claims->second) {
      if (claim->owner != wait.agent && contend(claim->scope, wait.scope)) return claim;
    }
    return nullptr;
  }

  std::map<std::string, const BusClaim*> by_task_;
  std::map<std::string, std::vector<const BusClaim*>> by_worktree_;
};

void read_queue(const Json& frame, Bus& bus) {
  for (const Json& item : member(frame, "queue")) {
    BusWait wait;
    wait.agent = text_of(item, "agent");
    wait.task_id = text_of(item, "task_id");
    wait.scope = scope_of(item);
    wait.ticket = wire::count_member(item, "ticket");
    wait.place = 1;
    if (const double since = wire::number_member(item, "since"); since > 0) wait.since = since;
    bus.waits.push_back(std::move(wait));
  }
  std::sort(bus.waits.begin(), bus.waits.end(),
            [](const BusWait& a, const BusWait& b) { return a.ticket < b.ticket; });
  for (const Json& item : member(frame, "waits")) {
    BusWait wait;
    wait.agent = text_of(item, "agent");
    wait.task_id = text_of(item, "task_id");
    wait.scope.has_files = false;
    bus.waits.push_back(std::move(wait));
  }
}

void judge_waits(Bus& bus) {
  const Blockers blockers(bus);
  const std::size_t count = std::min(bus.waits.size(), waits_judged_max);
  for (std::size_t i = 0; i < count; ++i) {
    BusWait& wait = bus.waits[i];
    blockers.judge(wait);
    for (std::size_t before = 0; wait.place != 0 && before < i; ++before) {
      const BusWait& other = bus.waits[before];
      const bool is_ahead = other.agent != wait.agent &&
                            (other.task_id == wait.task_id || contend(other.scope, wait.scope));
      if (!is_ahead) continue;
      ++wait.place;
      wait.behind = other.agent;
    }
  }
}

}  // namespace

const BusAgent* Bus::agent(std::string_view name) const {
  // By their names, as the hub sends them.
  const auto found = std::lower_bound(
      agents.begin(), agents.end(), name,
      [](const BusAgent& one, std::string_view wanted) { return one.name < wanted; });
  return found == agents.end() || found->name != name ? nullptr : &*found;
}

bool Bus::listens(const BusAgent& one) const {
  const BusAgent* waiter = agent(one.name + "-rx");
  return (waiter != nullptr && waiter->is_online) ||
         std::find(one.sockets.begin(), one.sockets.end(), "waiter") != one.sockets.end();
}

bool Bus::is_helper(const BusAgent& one) const {
  const std::string_view name = one.name;
  for (const std::string_view suffix : {std::string_view("-rx"), std::string_view("-presence")}) {
    if (!name.ends_with(suffix)) continue;
    if (agent(name.substr(0, name.size() - suffix.size())) != nullptr) return true;
  }
  return false;
}

Bus bus_of(const Json& page_snapshot) {
  Bus bus;
  bus.hub = text_of(page_snapshot, "hub_id");
  bus.read_only_reason = text_of(page_snapshot, "read_only_reason");
  bus.is_cut = member(page_snapshot, "truncated") == true;
  read_agents(member(page_snapshot, "agents"), bus);
  std::sort(bus.agents.begin(), bus.agents.end(),
            [](const BusAgent& a, const BusAgent& b) { return a.name < b.name; });
  read_claims(member(page_snapshot, "claims"), bus);
  read_queue(page_snapshot, bus);
  judge_waits(bus);
  read_tasks(member(page_snapshot, "tasks"), bus);
  read_talk(member(page_snapshot, "talk"), bus);
  read_refusals(member(page_snapshot, "events"), bus);
  return bus;
}

std::string scope_text(const BusScope& scope, std::string_view task_id) {
  if (!scope.has_files) return "'" + shown(task_id) + "'";
  if (scope.paths.empty()) return "the whole work tree";
  constexpr std::size_t paths_shown = 2;
  std::string text;
  for (std::size_t i = 0; i < std::min(paths_shown, scope.paths.size()); ++i) {
    const std::string& path = scope.paths[i];
    text +=
        (i == 0 ? "" : ", ") + (path.empty() ? "the whole work tree" : shown(core::unquoted(path)));
  }
  if (scope.paths.size() <= paths_shown) return text;
  return text + " and " + std::to_string(scope.paths.size() - paths_shown) + " more";
}

}  // namespace synapse::cli
