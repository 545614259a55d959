// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/claim_queue.hpp"

#include "base/assert.hpp"
#include "core/footprint.hpp"

namespace synapse::core {

namespace {

Lease shadow_of(const QueuedClaim& claim) {
  Lease shadow;
  shadow.task_id = claim.claim.task_id;
  shadow.owner = claim.agent;
  shadow.worktree = claim.claim.worktree;
  shadow.coverage = claim.claim.coverage;
  shadow.paths = claim.claim.paths;
  shadow.party = claim.claim.party;
  shadow.epoch = Epoch{claim.ticket};
  return shadow;
}

}  // namespace

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

std::size_t ClaimQueue::bytes_of(const AgentName& agent) const {
  const auto found = bytes_of_.find(agent);
  return found == bytes_of_.end() ? 0 : found->second;
}

std::vector<const QueuedClaim*> ClaimQueue::due(Mono now, std::size_t at_most) const {
  std::vector<const QueuedClaim*> due;
  for (const auto& [deadline, ticket] : deadlines_) {
    if (deadline > now || due.size() >= at_most) break;
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
  const std::size_t bytes = footprint(claim.claim);
  bytes_ += bytes;
  bytes_of_[claim.agent] += bytes;
  if (claim.due() != Mono::max()) deadlines_.emplace(claim.due(), ticket);
  const QueuedClaim& placed = queue_.emplace(ticket, std::move(claim)).first->second;
  if (!placed.is_absent()) enter(placed);
}

void ClaimQueue::enter(const QueuedClaim& claim) {
  by_task_[claim.claim.task_id].insert(claim.ticket);
  scopes_.add(shadows_.emplace(claim.ticket, shadow_of(claim)).first->second);
  to_look_at_.insert(claim.ticket);
}

void ClaimQueue::withdraw(const QueuedClaim& claim) {
  const std::uint64_t ticket = claim.ticket;
  const auto same_task = by_task_.find(claim.claim.task_id);
  same_task->second.erase(ticket);
  if (same_task->second.empty()) by_task_.erase(same_task);
  scopes_.remove(shadows_.at(ticket));
  shadows_.erase(ticket);
  unpark(ticket);
  to_look_at_.erase(ticket);
  const auto behind = behind_claims_.find(ticket);
  if (behind == behind_claims_.end()) return;
  wake(behind->second);
  behind_claims_.erase(behind);
}

void ClaimQueue::remove(const AgentName& agent, const TaskId& task_id) {
  const auto found = tickets_.find({agent, task_id});
  if (found == tickets_.end()) return;
  const std::uint64_t ticket = found->second;
  const QueuedClaim& claim = queue_.at(ticket);
  deadlines_.erase({claim.due(), ticket});
  if (!claim.is_absent()) withdraw(claim);
  const std::size_t bytes = footprint(claim.claim);
  bytes_ -= bytes;
  const auto share = bytes_of_.find(claim.agent);
  share->second -= bytes;
  if (share->second == 0) bytes_of_.erase(share);
  tickets_.erase(found);
  queue_.erase(ticket);  // Last: the arguments may be its own.
}

void ClaimQueue::remove_all(const AgentName& agent) {
  std::vector<TaskId> present;
  for (auto it = tickets_.lower_bound({agent, TaskId()});
       it != tickets_.end() && it->first.first == agent; ++it) {
    if (!queue_.at(it->second).is_absent()) present.push_back(it->first.second);
  }
  for (const TaskId& task_id : present) remove(agent, task_id);
}

void ClaimQueue::set_aside(const AgentName& agent, const TaskId& task_id, Mono until) {
  const auto found = tickets_.find({agent, task_id});
  if (found == tickets_.end()) return;
  QueuedClaim& claim = queue_.at(found->second);
  if (!claim.is_absent()) withdraw(claim);
  deadlines_.erase({claim.due(), claim.ticket});
  claim.absent_until = until;
  deadlines_.emplace(claim.due(), claim.ticket);
}

void ClaimQueue::bring_back(const AgentName& agent, const TaskId& task_id) {
  const auto found = tickets_.find({agent, task_id});
  if (found == tickets_.end()) return;
  QueuedClaim& claim = queue_.at(found->second);
  if (!claim.is_absent()) return;
  deadlines_.erase({claim.due(), claim.ticket});
  claim.absent_until = Mono::max();
  if (claim.due() != Mono::max()) deadlines_.emplace(claim.due(), claim.ticket);
  enter(claim);
}

void ClaimQueue::freed(const TaskId& lease) {
  const auto parked = on_leases_.find(lease);
  if (parked == on_leases_.end()) return;
  wake(parked->second);
  on_leases_.erase(parked);
}

void ClaimQueue::wake(std::set<std::uint64_t>& parked) {
  for (const std::uint64_t ticket : parked) parked_.erase(ticket);
  to_look_at_.merge(parked);
}

const QueuedClaim* ClaimQueue::take_next() {
  if (to_look_at_.empty()) return nullptr;
  const std::uint64_t ticket = *to_look_at_.begin();
  to_look_at_.erase(to_look_at_.begin());
  return &queue_.at(ticket);
}

void ClaimQueue::park_on(const QueuedClaim& claim, const TaskId& lease) {
  const bool is_new = parked_.emplace(claim.ticket, lease).second;
  SYNAPSE_ASSERT(is_new);
  on_leases_[lease].insert(claim.ticket);
}

void ClaimQueue::park_behind(const QueuedClaim& claim, const QueuedClaim& earlier) {
  const bool is_new = parked_.emplace(claim.ticket, earlier.ticket).second;
  SYNAPSE_ASSERT(is_new);
  behind_claims_[earlier.ticket].insert(claim.ticket);
}

void ClaimQueue::unpark(std::uint64_t ticket) {
  const auto place = parked_.find(ticket);
  if (place == parked_.end()) return;
  const auto leave = [ticket](auto& places, const auto& key) {
    const auto found = places.find(key);
    found->second.erase(ticket);
    if (found->second.empty()) places.erase(found);
  };
  if (const auto* lease = std::get_if<TaskId>(&place->second)) {
    leave(on_leases_, *lease);
  } else {
    leave(behind_claims_, std::get<std::uint64_t>(place->second));
  }
  parked_.erase(place);
}

const QueuedClaim* ClaimQueue::ahead_of(const QueuedClaim& claim, Effort& effort) const {
  std::uint64_t last = 0;
  const auto same_task = by_task_.find(claim.claim.task_id);
  if (same_task != by_task_.end()) {
    // An agent has one place for a task, so this looks at two at most.
    for (auto it = same_task->second.lower_bound(claim.ticket); it != same_task->second.begin();) {
      if (queue_.at(*--it).agent == claim.agent) continue;
      last = *it;
      break;
    }
  }
  if (claim.claim.coverage == Coverage::files) {
    const Lease* shadow = scopes_.find_conflict(claim.claim.worktree, claim.claim.paths,
                                                {claim.agent, claim.claim.party}, effort,
                                                {.before = Epoch{claim.ticket}});
    if (shadow != nullptr) last = std::max(last, shadow->epoch.value);
  }
  return last == 0 ? nullptr : &queue_.at(last);
}

void ClaimQueue::start_wait(const AgentName& waiter, const TaskId& task_id) {
  end_wait(waiter);
  waits_[waiter] = task_id;
  waiters_[task_id].insert(waiter);
}

void ClaimQueue::end_wait(const AgentName& waiter) {
  const auto wait = waits_.find(waiter);
  if (wait == waits_.end()) return;
  const auto others = waiters_.find(wait->second);
  others->second.erase(waiter);
  if (others->second.empty()) waiters_.erase(others);
  waits_.erase(wait);
}

void ClaimQueue::end_waits_for(const TaskId& task_id) {
  const auto waiters = waiters_.find(task_id);
  if (waiters == waiters_.end()) return;
  for (const AgentName& waiter : waiters->second) waits_.erase(waiter);
  waiters_.erase(waiters);
}

void ClaimQueue::end_waits_on(const AgentName& holder, const LeaseTable& leases) {
  for (const TaskId& task_id : leases.of(holder)) end_waits_for(task_id);
}

std::set<std::uint64_t> ClaimQueue::contenders(const AgentName& agent, const ClaimTask& scope,
                                               std::uint64_t before, std::size_t at_most,
                                               Effort& effort) const {
  std::set<std::uint64_t> tickets;
  const auto same_task = by_task_.find(scope.task_id);
  if (same_task != by_task_.end()) {
    for (const std::uint64_t ticket : same_task->second) {
      if (ticket >= before || tickets.size() >= at_most) break;
      effort.take(Effort::visit);
      if (queue_.at(ticket).agent != agent) tickets.insert(ticket);
    }
  }
  if (scope.coverage == Coverage::files && tickets.size() < at_most) {
    for (const Lease* shadow : scopes_.conflicts(scope.worktree, scope.paths, agent, effort,
                                                 {.before = Epoch{before}}, at_most)) {
      if (tickets.size() < at_most) tickets.insert(shadow->epoch.value);
    }
  }
  return tickets;
}

std::set<AgentName> ClaimQueue::blockers(const QueuedClaim& claim, const LeaseTable& leases,
                                         Effort& effort) const {
  const ClaimTask& asked = claim.claim;
  std::set<AgentName> blockers;
  const Lease* task = leases.find(asked.task_id);
  if (task != nullptr && task->owner != claim.agent) blockers.insert(task->owner);
  if (asked.coverage == Coverage::files) {
    for (const Lease* lease :
         leases.scopes().conflicts(asked.worktree, asked.paths, claim.agent, effort)) {
      blockers.insert(lease->owner);
    }
  }
  for (const std::uint64_t ticket :
       contenders(claim.agent, asked, claim.ticket, ScopeIndex::no_limit, effort)) {
    effort.take(Effort::visit);
    blockers.insert(queue_.at(ticket).agent);
  }
  return blockers;
}

std::size_t ClaimQueue::position(const QueuedClaim& claim, Effort& effort) const {
  return 1 + contenders(claim.agent, claim.claim, claim.ticket, position_max - 1, effort).size();
}

}  // namespace synapse::core
