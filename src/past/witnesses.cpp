// SPDX-License-Identifier: AGPL-3.0-or-later
#include "past/witnesses.hpp"

#include <algorithm>
#include <limits>

#include "store/event_codec.hpp"
#include "wire/json_document.hpp"

namespace synapse::past {

namespace kind = store::kind;
using wire::Json;

void Witnesses::take(const store::RecordView& record) {
  if (store::is_witness(record.kind)) return take_witness(record);
  if (queued_.empty() && waits_.empty()) return;
  if (record.kind == kind::operator_acted) return take_operator(record);
  if (record.kind == kind::claim || record.kind == kind::handoff || record.kind == kind::release ||
      record.kind == kind::lease_expired) {
    take_lease(record);
  }
}

void Witnesses::take_witness(const store::RecordView& record) {
  are_recorded_ = true;
  if (record.kind == kind::hub_started) {
    online_.clear();
    queued_.clear();
    waits_.clear();
    return;
  }
  const Result<Json> payload = wire::parse_json(record.payload, "the record");
  if (!payload) return;
  const AgentName agent(wire::text_member(*payload, "agent"));
  const TaskId task_id(wire::text_member(*payload, "task_id"));
  if (agent.empty()) return;
  if (last_seen_.size() < names_max || last_seen_.contains(agent)) last_seen_[agent] = record.ts;
  if (record.kind == kind::joined) {
    if (online_.size() < names_max) online_.insert(agent);
  } else if (record.kind == kind::left) {
    leave(agent);
  } else if (record.kind == kind::queued && queued_.size() < names_max) {
    Queued& queued = queued_[{agent, task_id}];
    if (queued.ticket == 0) queued.since = record.ts;
    queued.ticket = ++last_ticket_;
    queued.worktree = wire::text_member(*payload, "worktree");
    queued.paths = wire::texts_member(*payload, "paths");
  } else if (record.kind == kind::unqueued) {
    queued_.erase({agent, task_id});
  } else if (record.kind == kind::wait && waits_.size() < names_max) {
    waits_[agent] = {task_id, AgentName(wire::text_member(*payload, "other")), record.ts};
  }
}

// What it waited for, and who waited for what it held.
void Witnesses::leave(const AgentName& agent) {
  online_.erase(agent);
  const auto begin = queued_.lower_bound({agent, TaskId()});
  const auto end =
      std::find_if(begin, queued_.end(), [&](const auto& one) { return one.first.first != agent; });
  queued_.erase(begin, end);
  waits_.erase(agent);
  std::erase_if(waits_, [&](const auto& one) { return one.second.holder == agent; });
}

// One may have ended a wait; that of a claim in the queue has a record of its own.
void Witnesses::take_operator(const store::RecordView& record) {
  const Result<Json> payload = wire::parse_json(record.payload, "the record");
  if (!payload || wire::text_member(*payload, "action") != "end_wait") return;
  const auto wait = waits_.find(AgentName(wire::text_member(*payload, "agent")));
  const bool is_it =
      wait != waits_.end() && wait->second.task_id.text == wire::text_member(*payload, "task_id");
  if (is_it) waits_.erase(wait);
}

// A grant ends the waits of its owner, and the end of a lease those for it.
void Witnesses::take_lease(const store::RecordView& record) {
  const Result<Json> payload = wire::parse_json(record.payload, "the record", 2 * wire::depth_max);
  if (!payload) return;
  const TaskId task_id(wire::text_member(*payload, "task_id"));
  if (record.kind == kind::release || record.kind == kind::lease_expired) {
    std::erase_if(waits_, [&](const auto& one) { return one.second.task_id == task_id; });
    return;
  }
  const AgentName owner(wire::text_member(*payload, "owner"));
  queued_.erase({owner, task_id});
  if (const auto wait = waits_.find(owner); wait != waits_.end()) {
    // Of a lease that is only written again, its owner goes on waiting for another.
    if (wait->second.task_id == task_id) waits_.erase(wait);
  }
}

core::Presence Witnesses::presence(const core::Presence& seen) const {
  std::map<AgentName, double> last_seen = seen.last_seen();
  for (const auto& [agent, wall] : last_seen_) {
    double& known = last_seen[agent];
    known = std::max(known, wall);
  }
  core::Presence presence(std::numeric_limits<std::size_t>::max());
  presence.restore(online_, std::move(last_seen));
  return presence;
}

void Witnesses::fill(core::ClaimQueue& queue) const {
  for (const auto& [key, queued] : queued_) {
    core::QueuedClaim claim;
    claim.agent = key.first;
    claim.ticket = queued.ticket;
    claim.claim.task_id = key.second;
    claim.claim.worktree = queued.worktree;
    claim.claim.paths = queued.paths;
    // Of a claim for the whole of no work tree the record is the same.
    const bool has_files = !queued.paths.empty() || !queued.worktree.empty();
    if (!has_files) claim.claim.coverage = core::Coverage::none;
    queue.add(std::move(claim));
  }
  for (const auto& [agent, wait] : waits_) queue.start_wait(agent, wait.task_id);
}

std::size_t Witnesses::bytes() const {
  constexpr std::size_t row = 128;
  std::size_t total = (online_.size() + last_seen_.size() + waits_.size()) * row;
  for (const auto& [key, queued] : queued_) {
    total += 2 * row;
    for (const std::string& path : queued.paths) total += path.size() + sizeof path;
  }
  return total;
}

}  // namespace synapse::past
