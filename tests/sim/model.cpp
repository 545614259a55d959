// SPDX-License-Identifier: AGPL-3.0-or-later
// What happens to the model. What it decides is in model_decide.cpp.
#include "sim/model.hpp"

#include <algorithm>
#include <tuple>

namespace synapse::sim {

using namespace core;

namespace {

template <class List, class Wanted>
void drop(List& list, Wanted wanted) {
  list.erase(std::remove_if(list.begin(), list.end(), wanted), list.end());
}

Mono rest_of(double ends_at, Moment now) { return base::from_seconds(ends_at - now.wall); }

}  // namespace

const Lease* Model::find(const TaskId& task) const {
  for (const Lease& lease : leases_) {
    if (lease.task_id == task) return &lease;
  }
  return nullptr;
}

std::size_t Model::held_by(const AgentName& agent) const {
  std::size_t count = 0;
  for (const Lease& lease : leases_) count += lease.owner == agent ? 1 : 0;
  return count;
}

const Model::Queued* Model::find_queued(const AgentName& agent, const TaskId& task) const {
  for (const Queued& queued : queue_) {
    if (queued.agent == agent && queued.claim.task_id == task) return &queued;
  }
  return nullptr;
}

void Model::unqueue(const AgentName& agent, const TaskId& task) {
  drop(queue_, [&](const Queued& q) { return q.agent == agent && q.claim.task_id == task; });
}

void Model::keep(const TaskId& task, const std::string& checkpoint) {
  drop(kept_, [&](const auto& kept) { return kept.first == task; });
  if (!checkpoint.empty()) kept_.emplace_back(task, checkpoint);
  if (kept_.size() > limits_.checkpoints_kept_max) kept_.erase(kept_.begin());
}

bool Model::contend(const std::string& worktree_a, Coverage coverage_a,
                    const std::vector<std::string>& a, const std::string& worktree_b,
                    Coverage coverage_b, const std::vector<std::string>& b) const {
  if (coverage_a == Coverage::none || coverage_b == Coverage::none) return false;
  return worktree_a == worktree_b && (universe_.cover(a) & universe_.cover(b)).any();
}

bool Model::contend(const ClaimTask& claim, const Lease& lease) const {
  return contend(claim.worktree, claim.coverage, claim.paths, lease.worktree, lease.coverage,
                 lease.paths);
}

bool Model::contend(const ClaimTask& a, const ClaimTask& b) const {
  return a.task_id == b.task_id ||
         contend(a.worktree, a.coverage, a.paths, b.worktree, b.coverage, b.paths);
}

void Model::apply(const Event& event) {
  const auto put = [this](const Lease& lease) {
    drop(leases_, [&](const Lease& old) { return old.task_id == lease.task_id; });
    drop(lapsed_, [&](const Lease& old) {
      return old.task_id == lease.task_id && old.owner == lease.owner;
    });
    leases_.push_back(lease);
    last_epoch_ = std::max(last_epoch_, lease.epoch.value);
  };
  const auto received = [this](const Lease& lease) {
    unqueue(lease.owner, lease.task_id);
    drop(waits_, [&](const auto& wait) { return wait.first == lease.owner; });
  };
  const auto ended = [this](const TaskId& task) {
    drop(leases_, [&](const Lease& old) { return old.task_id == task; });
    drop(waits_, [&](const auto& wait) { return wait.second == task; });
  };
  const auto put_task = [this](const PlanTask& task) {
    drop(plan_, [&](const PlanTask& old) { return old.task_id == task.task_id; });
    plan_.push_back(task);
  };
  if (const auto* granted = std::get_if<LeaseGranted>(&event)) {
    put(granted->lease);
    received(granted->lease);
    keep(granted->lease.task_id, "");
  } else if (const auto* handed = std::get_if<LeaseHandedOff>(&event)) {
    put(handed->lease);
    received(handed->lease);
  } else if (const auto* extended = std::get_if<LeaseExtended>(&event)) {
    put(extended->lease);
  } else if (const auto* narrowed = std::get_if<LeaseNarrowed>(&event)) {
    put(narrowed->lease);
  } else if (const auto* renewed = std::get_if<LeaseRenewed>(&event)) {
    put(renewed->lease);
  } else if (const auto* updated = std::get_if<TaskUpdated>(&event)) {
    put(updated->lease);
  } else if (const auto* saved = std::get_if<CheckpointSaved>(&event)) {
    put(saved->lease);
  } else if (const auto* released = std::get_if<LeaseReleased>(&event)) {
    ended(released->task_id);
    keep(released->task_id, "");
    unqueue(released->owner, released->task_id);
  } else if (const auto* expired = std::get_if<LeaseExpired>(&event)) {
    lapsed_.push_back(*find(expired->task_id));
    ended(expired->task_id);
    keep(expired->task_id, expired->checkpoint);
  } else if (const auto* queued = std::get_if<ClaimQueued>(&event)) {
    unqueue(queued->agent, queued->claim.task_id);
    queue_.push_back({queued->agent, queued->claim, queued->ticket, queued->deadline});
    std::sort(queue_.begin(), queue_.end(),
              [](const Queued& a, const Queued& b) { return a.ticket < b.ticket; });
    last_ticket_ = std::max(last_ticket_, queued->ticket);
  } else if (const auto* unqueued = std::get_if<ClaimUnqueued>(&event)) {
    unqueue(unqueued->agent, unqueued->task_id);
  } else if (const auto* wait = std::get_if<WaitStarted>(&event)) {
    drop(waits_, [&](const auto& old) { return old.first == wait->waiter; });
    waits_.emplace_back(wait->waiter, wait->task_id);
  } else if (const auto* joined = std::get_if<AgentJoined>(&event)) {
    online_.insert(joined->agent);
  } else if (const auto* left = std::get_if<AgentLeft>(&event)) {
    online_.erase(left->agent);
    drop(cards_, [&](const Card& card) { return card.agent == left->agent; });
    drop(queue_, [&](const Queued& old) { return old.agent == left->agent; });
    drop(waits_, [&](const auto& old) {
      return old.first == left->agent || find(old.second)->owner == left->agent;
    });
  } else if (const auto* offered = std::get_if<ResourceOffered>(&event)) {
    apply(OfferLapsed{offered->offer.agent, offered->offer.kind, offered->offer.name});
    offers_.push_back(offered->offer);
  } else if (const auto* lapsed = std::get_if<OfferLapsed>(&event)) {
    drop(offers_, [&](const Offer& old) {
      return old.agent == lapsed->agent && old.kind == lapsed->kind && old.name == lapsed->name;
    });
  } else if (const auto* card = std::get_if<CardAdvertised>(&event)) {
    apply(CardLapsed{card->card.agent});
    cards_.push_back(card->card);
  } else if (const auto* forgotten = std::get_if<CardLapsed>(&event)) {
    drop(cards_, [&](const Card& old) { return old.agent == forgotten->agent; });
  } else if (const auto* declared = std::get_if<PlanTaskDeclared>(&event)) {
    put_task(declared->task);
  } else if (const auto* changed = std::get_if<PlanTaskUpdated>(&event)) {
    put_task(changed->task);
  } else if (const auto* gone = std::get_if<PlanTaskForgotten>(&event)) {
    drop(plan_, [&](const PlanTask& old) { return old.task_id == gone->task_id; });
  } else if (const auto* chat = std::get_if<ChatPosted>(&event)) {
    last_message_ = std::max(last_message_, chat->message.id.value);
  }
}

void Model::serve(Outcome& outcome, Moment now) {
  for (std::size_t i = 0; i < queue_.size();) {
    const Queued queued = queue_[i++];
    if (!in_the_way(queued.agent, queued.claim, queued.ticket).empty()) continue;
    const Outcome granted = grant(queued.agent, queued.claim, now);
    const Event event =
        granted.refused ? Event(ClaimUnqueued{queued.agent, queued.claim.task_id, *granted.refused})
                        : granted.events.front();
    apply(event);
    outcome.events.push_back(event);
    i = 0;
  }
}

void Model::finish(Outcome& outcome, Moment now) {
  for (const Event& event : outcome.events) apply(event);
  serve(outcome, now);
}

Outcome Model::expire(Moment now) {
  Outcome outcome;
  std::vector<std::tuple<int, Mono, std::string, Event>> due;  // In the order of their happening.
  const auto add = [&](int kind, Mono deadline, const std::string& key, Event event) {
    if (deadline <= now.mono) due.emplace_back(kind, deadline, key, std::move(event));
  };
  for (const Lease& lease : leases_) {
    add(0, lease.deadline, lease.task_id.text,
        LeaseExpired{lease.task_id, lease.owner, lease.epoch, lease.checkpoint});
  }
  for (const Offer& offer : offers_) {
    add(1, offer.deadline, offer.agent.text + " " + offer.kind + " " + offer.name,
        OfferLapsed{offer.agent, offer.kind, offer.name});
  }
  for (const Card& card : cards_) add(2, card.deadline, card.agent.text, CardLapsed{card.agent});
  for (const Queued& queued : queue_) {
    add(3, queued.deadline, std::to_string(1'000'000'000 + queued.ticket),
        ClaimUnqueued{queued.agent, queued.claim.task_id, ErrorCode::wait_expired});
  }
  std::sort(due.begin(), due.end(), [](const auto& a, const auto& b) {
    return std::tie(std::get<0>(a), std::get<1>(a), std::get<2>(a)) <
           std::tie(std::get<0>(b), std::get<1>(b), std::get<2>(b));
  });
  for (auto& [kind, deadline, key, event] : due) outcome.events.push_back(std::move(event));
  finish(outcome, now);
  return outcome;
}

Outcome Model::join(const AgentName& agent) {
  Outcome outcome;
  outcome.events.emplace_back(AgentJoined{agent});
  apply(outcome.events.front());
  return outcome;
}

Outcome Model::leave(const AgentName& agent, Moment now) {
  Outcome outcome;
  outcome.events.emplace_back(AgentLeft{agent});
  finish(outcome, now);
  return outcome;
}

void Model::restart(const std::vector<Event>& log, Moment now) {
  leases_.clear();
  lapsed_.clear();
  kept_.clear();
  queue_.clear();
  waits_.clear();
  online_.clear();
  offers_.clear();
  cards_.clear();
  plan_.clear();
  last_epoch_ = last_ticket_ = last_message_ = 0;
  for (const Event& event : log) apply(event);
  for (Lease& lease : leases_) lease.deadline = now.mono + rest_of(lease.expires_at, now);
  const auto offer_ttl = static_cast<double>(limits_.offer_ttl.count());
  for (Offer& offer : offers_) {
    offer.deadline = now.mono + rest_of(offer.offered_at + offer_ttl, now);
  }
}

std::optional<Mono> Model::next_deadline() const {
  std::optional<Mono> next;
  const auto add = [&next](Mono deadline) {
    if (deadline != Mono::max() && (!next || deadline < *next)) next = deadline;
  };
  for (const Lease& lease : leases_) add(lease.deadline);
  for (const Offer& offer : offers_) add(offer.deadline);
  for (const Card& card : cards_) add(card.deadline);
  for (const Queued& queued : queue_) add(queued.deadline);
  return next;
}

std::optional<std::string> Model::violation() const {
  for (const Lease& a : leases_) {
    for (const Lease& b : leases_) {
      if (a.owner < b.owner &&
          contend(a.worktree, a.coverage, a.paths, b.worktree, b.coverage, b.paths)) {
        return a.task_id.text + " of " + a.owner.text + " and " + b.task_id.text + " of " +
               b.owner.text + " share a file";
      }
    }
  }
  return std::nullopt;
}

}  // namespace synapse::sim
