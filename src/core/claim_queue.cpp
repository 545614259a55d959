// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/claim_queue.hpp"

#include <algorithm>

namespace synapse::core {

const QueuedClaim* ClaimQueue::find(const AgentName& agent, const TaskId& task_id) const {
  const auto ticket = tickets_.find({agent, task_id});
  return ticket == tickets_.end() ? nullptr : &queue_.at(ticket->second);
}

std::size_t ClaimQueue::count_of(const AgentName& agent) const {
  std::size_t count = 0;
  for (auto it = tickets_.lower_bound({agent, TaskId()});
       it != tickets_.end() && it->first.first == agent; ++it) {
    ++count;
  }
  return count;
}

std::optional<Mono> ClaimQueue::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

std::vector<const QueuedClaim*> ClaimQueue::due(Mono now) const {
  std::vector<const QueuedClaim*> due;
  for (const auto& [deadline, ticket] : deadlines_) {
    if (deadline > now) break;
    due.push_back(&queue_.at(ticket));
  }
  return due;
}

std::uint64_t ClaimQueue::ticket_for(const AgentName& agent, const ClaimTask& claim) const {
  const QueuedClaim* known = find(agent, claim.task_id);
  // Another scope at an old place would be in the way of claims that came after it and were
  // promised theirs.
  const bool same = known != nullptr && known->claim.worktree == claim.worktree &&
                    known->claim.coverage == claim.coverage && known->claim.paths == claim.paths;
  return same ? known->ticket : last_ticket_ + 1;
}

void ClaimQueue::add(QueuedClaim claim) {
  remove(claim.agent, claim.claim.task_id);
  last_ticket_ = std::max(last_ticket_, claim.ticket);
  const std::uint64_t ticket = claim.ticket;
  tickets_[{claim.agent, claim.claim.task_id}] = ticket;
  by_task_[claim.claim.task_id].insert(ticket);
  if (claim.deadline != Mono::max()) deadlines_.emplace(claim.deadline, ticket);
  Lease shadow;
  shadow.task_id = claim.claim.task_id;
  shadow.owner = claim.agent;
  shadow.worktree = claim.claim.worktree;
  shadow.coverage = claim.claim.coverage;
  shadow.paths = claim.claim.paths;
  shadow.epoch = Epoch{ticket};
  scopes_.add(shadows_.emplace(ticket, std::move(shadow)).first->second);
  queue_.emplace(ticket, std::move(claim));
}

void ClaimQueue::remove(const AgentName& agent, const TaskId& task_id) {
  const auto found = tickets_.find({agent, task_id});
  if (found == tickets_.end()) return;
  const std::uint64_t ticket = found->second;
  deadlines_.erase({queue_.at(ticket).deadline, ticket});
  const auto same_task = by_task_.find(task_id);
  same_task->second.erase(ticket);
  if (same_task->second.empty()) by_task_.erase(same_task);
  scopes_.remove(shadows_.at(ticket));
  shadows_.erase(ticket);
  tickets_.erase(found);
  queue_.erase(ticket);  // Last: the arguments may be its own.
}

void ClaimQueue::remove_all(const AgentName& agent) {
  for (;;) {
    const auto first = tickets_.lower_bound({agent, TaskId()});
    if (first == tickets_.end() || first->first.first != agent) return;
    remove(agent, TaskId(first->first.second));
  }
}

void ClaimQueue::start_wait(const AgentName& waiter, const TaskId& task_id) {
  waits_[waiter] = task_id;
}

void ClaimQueue::end_wait(const AgentName& waiter) { waits_.erase(waiter); }

void ClaimQueue::end_waits_for(const TaskId& task_id) {
  std::erase_if(waits_, [&task_id](const auto& wait) { return wait.second == task_id; });
}

void ClaimQueue::end_waits_on(const AgentName& holder, const LeaseTable& leases) {
  std::erase_if(waits_, [&](const auto& wait) {
    const Lease* lease = leases.find(wait.second);
    return lease != nullptr && lease->owner == holder;
  });
}

std::set<std::uint64_t> ClaimQueue::contenders(const AgentName& agent, const TaskId& task_id,
                                               const std::string& worktree, Coverage coverage,
                                               const std::vector<std::string>& paths) const {
  std::set<std::uint64_t> tickets;
  const auto same_task = by_task_.find(task_id);
  if (same_task != by_task_.end()) {
    for (const std::uint64_t ticket : same_task->second) {
      if (queue_.at(ticket).agent != agent) tickets.insert(ticket);
    }
  }
  if (coverage == Coverage::files) {
    for (const Lease* shadow : scopes_.conflicts(worktree, paths, agent)) {
      tickets.insert(shadow->epoch.value);
    }
  }
  return tickets;
}

std::set<AgentName> ClaimQueue::blockers(const QueuedClaim& claim, const LeaseTable& leases) const {
  const ClaimTask& asked = claim.claim;
  std::set<AgentName> blockers;
  const Lease* task = leases.find(asked.task_id);
  if (task != nullptr && task->owner != claim.agent) blockers.insert(task->owner);
  if (asked.coverage == Coverage::files) {
    for (const Lease* lease : leases.scopes().conflicts(asked.worktree, asked.paths, claim.agent)) {
      blockers.insert(lease->owner);
    }
  }
  for (const std::uint64_t ticket :
       contenders(claim.agent, asked.task_id, asked.worktree, asked.coverage, asked.paths)) {
    if (ticket < claim.ticket) blockers.insert(queue_.at(ticket).agent);
  }
  return blockers;
}

std::size_t ClaimQueue::position(const QueuedClaim& claim) const {
  const ClaimTask& asked = claim.claim;
  const std::set<std::uint64_t> all =
      contenders(claim.agent, asked.task_id, asked.worktree, asked.coverage, asked.paths);
  return 1 + static_cast<std::size_t>(std::distance(all.begin(), all.lower_bound(claim.ticket)));
}

std::set<AgentName> ClaimQueue::waiters(const AgentName& agent, const LeaseTable& leases,
                                        std::uint64_t ignored_ticket) const {
  std::set<AgentName> waiters;
  for (const auto& [waiter, task_id] : waits_) {
    if (waiter != agent && leases.of(agent).contains(task_id)) waiters.insert(waiter);
  }
  const auto add = [&](const std::set<std::uint64_t>& tickets, std::uint64_t after) {
    for (auto it = tickets.upper_bound(after); it != tickets.end(); ++it) {
      waiters.insert(queue_.at(*it).agent);
    }
  };
  for (const TaskId& task_id : leases.of(agent)) {
    const Lease& lease = *leases.find(task_id);
    add(contenders(agent, task_id, lease.worktree, lease.coverage, lease.paths), 0);
  }
  for (auto it = tickets_.lower_bound({agent, TaskId()});
       it != tickets_.end() && it->first.first == agent; ++it) {
    if (it->second == ignored_ticket) continue;
    const ClaimTask& claim = queue_.at(it->second).claim;
    add(contenders(agent, claim.task_id, claim.worktree, claim.coverage, claim.paths), it->second);
  }
  return waiters;
}

std::optional<AgentName> ClaimQueue::closes_circle(const AgentName& agent,
                                                   const std::set<AgentName>& blockers,
                                                   const LeaseTable& leases,
                                                   const QueuedClaim* asked) const {
  const QueuedClaim* known = asked == nullptr ? nullptr : find(agent, asked->claim.task_id);
  const std::uint64_t given_up =
      known != nullptr && known->ticket != asked->ticket ? known->ticket : 0;
  std::set<AgentName> seen{agent};
  std::vector<AgentName> open{agent};
  while (!open.empty()) {
    const AgentName one = std::move(open.back());
    open.pop_back();
    for (const AgentName& waiter : waiters(one, leases, given_up)) {
      if (blockers.contains(waiter)) return waiter;
      if (seen.insert(waiter).second) open.push_back(waiter);
    }
  }
  return std::nullopt;
}

}  // namespace synapse::core
