// SPDX-License-Identifier: AGPL-3.0-or-later
// Agents that would wait for each other: the part of the queue that finds out before they do.
#include "core/claim_queue.hpp"

namespace synapse::core {

// One search for all agents that wait for an agent, at whatever remove. A scope that many hold
// places for is walked from the first of those places only: the walk from a later one would meet a
// part of the same agents.
class ClaimQueue::Followers {
 public:
  Followers(const ClaimQueue& queue, const LeaseTable& leases, std::uint64_t given_up,
            Effort& effort)
      : queue_(queue), leases_(leases), given_up_(given_up), effort_(effort) {}

  [[nodiscard]] std::set<AgentName> of(const AgentName& agent) {
    found_ = {agent};
    open_ = {agent};
    while (!open_.empty() && !effort_.is_spent()) {
      const AgentName one = std::move(open_.back());
      open_.pop_back();
      expand(one);
    }
    found_.erase(agent);
    return std::move(found_);
  }

 private:
  void expand(const AgentName& agent) {
    for (const TaskId& task_id : leases_.of(agent)) {
      effort_.take(4 * Effort::visit);
      const auto waiters = queue_.waiters_.find(task_id);
      if (waiters != queue_.waiters_.end()) {
        for (const AgentName& waiter : waiters->second) add(waiter);
      }
      const Lease& lease = *leases_.find(task_id);
      follow_task(task_id, 0);
      if (lease.coverage == Coverage::files) follow_files(lease.worktree, lease.paths, agent, 0);
    }
    for (auto it = queue_.tickets_.lower_bound({agent, TaskId()});
         it != queue_.tickets_.end() && it->first.first == agent; ++it) {
      const QueuedClaim& queued = queue_.queue_.at(it->second);
      effort_.take(4 * Effort::visit);
      if (queued.ticket == given_up_ || queued.is_absent()) continue;
      const ClaimTask& claim = queued.claim;
      follow_task(claim.task_id, queued.ticket);
      if (claim.coverage == Coverage::files) {
        follow_files(claim.worktree, claim.paths, agent, queued.ticket);
      }
    }
  }

  void follow_task(const TaskId& task_id, std::uint64_t after) {
    const auto same_task = queue_.by_task_.find(task_id);
    if (same_task == queue_.by_task_.end() || !is_news(walked_tasks_, task_id, after)) return;
    for (auto it = same_task->second.upper_bound(after); it != same_task->second.end(); ++it) {
      add(queue_.queue_.at(*it).agent);
    }
  }

  void follow_files(const std::string& worktree, const std::vector<std::string>& paths,
                    const AgentName& agent, std::uint64_t after) {
    if (!is_news(walked_files_, std::pair(worktree, paths), after)) return;
    effort_.take(paths.size() * Effort::visit);
    for (const Lease* shadow :
         queue_.scopes_.conflicts(worktree, paths, agent, effort_, {.from = Epoch{after}.next()})) {
      add(shadow->owner);
    }
  }

  template <class Key>
  static bool is_news(std::map<Key, std::uint64_t>& walked, const Key& key, std::uint64_t after) {
    const auto [known, is_new] = walked.emplace(key, after);
    if (!is_new && known->second <= after) return false;
    known->second = after;
    return true;
  }

  void add(const AgentName& agent) {
    effort_.take(2 * Effort::visit);
    if (found_.insert(agent).second) open_.push_back(agent);
  }

  const ClaimQueue& queue_;
  const LeaseTable& leases_;
  const std::uint64_t given_up_;
  Effort& effort_;
  std::set<AgentName> found_;
  std::vector<AgentName> open_;
  std::map<TaskId, std::uint64_t> walked_tasks_;
  std::map<std::pair<std::string, std::vector<std::string>>, std::uint64_t> walked_files_;
};

std::optional<AgentName> ClaimQueue::closes_circle(const QueuedClaim& claim,
                                                   const LeaseTable& leases, Effort& effort) const {
  const QueuedClaim* known = find(claim.agent, claim.claim.task_id);
  const std::uint64_t given_up =
      known != nullptr && known->ticket != claim.ticket ? known->ticket : 0;
  const std::set<AgentName> followers = Followers(*this, leases, given_up, effort).of(claim.agent);
  if (followers.empty()) return std::nullopt;
  for (const AgentName& blocker : blockers(claim, leases, effort)) {
    if (followers.contains(blocker)) return blocker;
  }
  return std::nullopt;
}

std::optional<AgentName> ClaimQueue::closes_circle(const AgentName& agent, const AgentName& holder,
                                                   const LeaseTable& leases, Effort& effort) const {
  if (Followers(*this, leases, 0, effort).of(agent).contains(holder)) return holder;
  return std::nullopt;
}

const Lease* ClaimQueue::awaited(const AgentName& waiter, const AgentName& holder,
                                 const LeaseTable& leases, Effort& effort) const {
  const auto of_holder = [&](const TaskId& task) -> const Lease* {
    const Lease* lease = leases.find(task);
    return lease != nullptr && lease->owner == holder ? lease : nullptr;
  };
  const auto wait = waits_.find(waiter);
  if (wait != waits_.end()) {
    if (const Lease* lease = of_holder(wait->second)) return lease;
  }
  for (auto it = tickets_.lower_bound({waiter, TaskId()});
       it != tickets_.end() && it->first.first == waiter && !effort.is_spent(); ++it) {
    const ClaimTask& claim = queue_.at(it->second).claim;
    if (const Lease* lease = of_holder(claim.task_id)) return lease;
    if (claim.coverage != Coverage::files) continue;
    for (const Lease* lease :
         leases.scopes().conflicts(claim.worktree, claim.paths, {waiter, claim.party}, effort)) {
      if (lease->owner == holder) return lease;
    }
  }
  return nullptr;
}

}  // namespace synapse::core
