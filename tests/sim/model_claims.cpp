// SPDX-License-Identifier: AGPL-3.0-or-later
// What the model decides about claims: scopes, who is in the way, grants, the queue.
#include <algorithm>
#include <cmath>

#include "sim/model.hpp"

namespace synapse::sim {

using namespace core;

namespace {

std::vector<std::string> segments(const std::string& path) {
  std::vector<std::string> kept;
  std::string part;
  for (const char c : path + "/") {
    if (c != '/') {
      part += c;
      continue;
    }
    if (part == ".." && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (!part.empty() && part != ".") {
      kept.push_back(part);
    }
    part.clear();
  }
  return kept;
}

std::string joined(const std::vector<std::string>& parts, std::size_t count) {
  std::string path;
  for (std::size_t i = 0; i < count; ++i) path += (i == 0 ? "" : "/") + parts[i];
  return path;
}

// The universe has one name that is quoted, `[[]x]`, and it is no glob.
bool is_glob(std::string text) {
  constexpr std::string_view quoted = "[[]";
  for (auto at = text.find(quoted); at != std::string::npos; at = text.find(quoted)) {
    text.erase(at, quoted.size());
  }
  return text.find_first_of("*?[") != std::string::npos;
}

}  // namespace

Outcome refused(ErrorCode code) { return {{}, code, {}}; }
Outcome refused(ErrorCode code, const Lease& lease) { return {{}, code, {lease.owner}}; }

Outcome happened(Event event) {
  Outcome outcome;
  outcome.events.push_back(std::move(event));
  return outcome;
}

void Model::set_term(Lease& lease, const std::optional<double>& ttl, Moment now) const {
  const auto seconds = [](std::chrono::seconds limit) {
    return static_cast<double>(limit.count());
  };
  double length = seconds(limits_.lease_ttl_default);
  if (ttl && !std::isnan(*ttl) && std::abs(*ttl) <= 1e12) {
    length =
        std::min(std::max(*ttl, seconds(limits_.lease_ttl_min)), seconds(limits_.lease_ttl_max));
  }
  lease.expires_at = now.wall + length;
  lease.deadline = now.mono + base::from_seconds(length);
}

void Model::keep_longer(Lease& lease, const Lease& held) {
  lease.expires_at = held.deadline > lease.deadline ? held.expires_at : lease.expires_at;
  lease.deadline = std::max(lease.deadline, held.deadline);
}

std::vector<std::string> Model::normalised(const std::vector<std::string>& paths) const {
  std::vector<std::string> normal;
  std::size_t globs = 0;
  for (const std::string& raw : paths) {
    const std::size_t first = raw.find_first_not_of(' ');
    const std::string path =
        first == std::string::npos ? "" : raw.substr(first, raw.find_last_not_of(' ') - first + 1);
    if (path.size() > limits_.path_length_max || path.find('\a') != std::string::npos) return {""};
    const std::vector<std::string> parts = segments(path);
    std::string one = joined(parts, parts.size());
    const auto is_new = [&] {
      return std::find(normal.begin(), normal.end(), one) == normal.end();
    };
    if (is_glob(one) && is_new() &&
        (++globs > limits_.patterns_per_claim || one.size() > limits_.pattern_bytes_max)) {
      const auto glob = std::find_if(parts.begin(), parts.end(), is_glob);
      one = joined(parts, static_cast<std::size_t>(glob - parts.begin()));
    }
    if (one.empty()) return {""};
    if (is_new()) normal.push_back(one);
    if (normal.size() > limits_.paths_per_claim) return {""};
  }
  return normal;
}

std::set<AgentName> Model::in_the_way(const AgentName& agent, const ClaimTask& claim,
                                      std::uint64_t ticket, std::uint64_t without) const {
  std::set<AgentName> agents;
  for (const Lease& lease : leases_) {
    if (lease.owner == agent) continue;
    if (lease.task_id == claim.task_id || contend(claim, lease)) agents.insert(lease.owner);
  }
  for (const Queued& earlier : queue_) {
    if (earlier.agent == agent || earlier.ticket >= ticket || earlier.ticket == without) continue;
    if (contend(earlier.claim, claim)) agents.insert(earlier.agent);
  }
  return agents;
}

bool Model::waits_for(const AgentName& from, const AgentName& to, std::uint64_t without,
                      std::set<AgentName>& seen) const {
  if (from == to) return true;
  if (!seen.insert(from).second) return false;
  std::set<AgentName> next;
  for (const auto& [waiter, task] : waits_) {
    if (waiter == from) next.insert(find(task)->owner);
  }
  for (const Queued& queued : queue_) {
    if (queued.agent == from) next.merge(in_the_way(from, queued.claim, queued.ticket, without));
  }
  return std::any_of(next.begin(), next.end(),
                     [&](const AgentName& one) { return waits_for(one, to, without, seen); });
}

Outcome Model::grant(const AgentName& actor, const ClaimTask& command, Moment now) const {
  if (command.task_id.empty()) return refused(ErrorCode::blank_task_id);
  const Lease* held = find(command.task_id);
  if (held != nullptr && held->owner != actor) return refused(ErrorCode::task_held, *held);
  Outcome in_scope;
  for (const Lease& lease : leases_) {
    if (lease.owner != actor && contend(command, lease)) in_scope.holders.insert(lease.owner);
  }
  if (!in_scope.holders.empty()) {
    in_scope.refused = ErrorCode::scope_held;
    return in_scope;
  }
  if (held == nullptr && held_by(actor) >= limits_.claims_per_agent) {
    return refused(ErrorCode::claim_quota);
  }
  Lease lease;
  lease.task_id = command.task_id;
  lease.owner = actor;
  lease.note = command.note;
  lease.claimed_at = now.wall;
  lease.worktree = command.worktree;
  lease.coverage = command.coverage;
  lease.paths = command.paths;
  lease.epoch = Epoch{last_epoch_ + 1};
  lease.git = command.git;
  if (held != nullptr) lease.data_ref = held->data_ref;
  if (held != nullptr) lease.checkpoint = held->checkpoint;
  for (const auto& [task, checkpoint] : kept_) {
    if (held == nullptr && task == command.task_id) lease.checkpoint = checkpoint;
  }
  set_term(lease, command.ttl, now);
  if (held != nullptr && !command.ttl) keep_longer(lease, *held);
  if (held != nullptr && command.extent == Extent::added) lease.status = held->status;
  return happened(LeaseGranted{lease, std::nullopt});
}

Outcome Model::claim(const AgentName& actor, ClaimTask command, Moment now) const {
  command.paths = normalised(command.paths);
  const Lease* own = find(command.task_id);
  if (command.extent == Extent::added && own != nullptr && own->owner == actor) {
    if (own->coverage == Coverage::files && own->worktree != command.worktree) {
      return refused(ErrorCode::illegal_transition, *own);
    }
    if (command.note.empty()) command.note = own->note;
    if (!command.git) command.git = own->git;
    if (own->coverage == Coverage::files) {
      const bool adds = command.coverage == Coverage::files && !command.paths.empty();
      std::vector<std::string> both = own->paths;
      if (adds && !both.empty()) {
        both.insert(both.end(), command.paths.begin(), command.paths.end());
        both = normalised(both);
      }
      command.paths = both;
      command.coverage = Coverage::files;
    }
  }
  Outcome outcome = grant(actor, command, now);
  if (command.if_held == IfHeld::refuse) return outcome;
  if (outcome.refused == ErrorCode::task_held || outcome.refused == ErrorCode::scope_held) {
    return enqueue(actor, command, outcome.holders, now);
  }
  if (outcome.refused || find(command.task_id) != nullptr) return outcome;
  const Queued* known = find_queued(actor, command.task_id);
  const bool keeps = known != nullptr && known->claim.paths == command.paths &&
                     known->claim.worktree == command.worktree &&
                     known->claim.coverage == command.coverage;
  const std::set<AgentName> ahead =
      in_the_way(actor, command, keeps ? known->ticket : last_ticket_ + 1);
  return ahead.empty() ? outcome : enqueue(actor, command, ahead, now);
}

Outcome Model::enqueue(const AgentName& actor, const ClaimTask& command,
                       const std::set<AgentName>& holders, Moment now) const {
  const Queued* known = find_queued(actor, command.task_id);
  const auto of_actor = std::count_if(queue_.begin(), queue_.end(),
                                      [&](const Queued& q) { return q.agent == actor; });
  if (known == nullptr && (queue_.size() >= limits_.queued_claims_max ||
                           static_cast<std::size_t>(of_actor) >= limits_.queued_claims_per_agent)) {
    return refused(ErrorCode::queue_full);
  }
  const bool keeps = known != nullptr && known->claim.paths == command.paths &&
                     known->claim.worktree == command.worktree &&
                     known->claim.coverage == command.coverage;
  const std::uint64_t ticket = keeps ? known->ticket : last_ticket_ + 1;
  const std::uint64_t given_up = known != nullptr && !keeps ? known->ticket : 0;
  for (const AgentName& blocker : in_the_way(actor, command, ticket)) {
    std::set<AgentName> seen;
    if (waits_for(blocker, actor, given_up, seen)) return {{}, ErrorCode::deadlock, holders};
  }
  ClaimQueued queued;
  queued.agent = actor;
  queued.claim = command;
  queued.ticket = ticket;
  if (command.wait_seconds) {
    queued.deadline = now.mono + base::from_seconds(std::max(0.0, *command.wait_seconds));
  }
  queued.position = 1;
  for (const Queued& earlier : queue_) {
    const bool counts = earlier.agent != actor && earlier.ticket < ticket;
    if (counts && contend(earlier.claim, command)) ++queued.position;
  }
  Outcome outcome = happened(std::move(queued));
  outcome.holders = holders;
  return outcome;
}

}  // namespace synapse::sim
