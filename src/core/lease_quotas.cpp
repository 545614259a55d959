// SPDX-License-Identifier: AGPL-3.0-or-later
// What of a claim would be too much, for an agent or for all: its patterns, its bytes, its place in
// the queue.
#include "core/footprint.hpp"
#include "core/lease_rules.hpp"
#include "core/refusals.hpp"

namespace synapse::core {

std::optional<Refusal> LeaseRules::pattern_obstacle(const ClaimTask& command,
                                                    const ScopeIndex& scopes) const {
  if (command.coverage == Coverage::none) return std::nullopt;
  const std::optional<std::string> folder =
      scopes.crowded_folder(command.worktree, command.paths, actor, limits);
  if (!folder) return std::nullopt;
  const std::string place = folder->empty() ? "the top of the worktree" : "'" + *folder + "'";
  return Refusal(ErrorCode::pattern_quota, command.task_id,
                 "The patterns of " + quoted(command.task_id) + " that begin at " + place +
                     " are more than fit beside those that are claimed there; name the files, "
                     "claim a folder, or use fewer patterns.");
}

Refusal LeaseRules::too_dear(const TaskId& id) const {
  return Refusal(ErrorCode::pattern_quota, id,
                 "The paths of " + quoted(id) +
                     " would have to be compared with too much; claim fewer, use fewer patterns, "
                     "or claim a folder.");
}

std::optional<Refusal> LeaseRules::room_obstacle(const Lease& lease) const {
  const Lease* held = leases.find(lease.task_id);
  const std::size_t bytes = footprint(lease);
  const std::size_t before = held == nullptr ? 0 : footprint(*held);
  const bool is_its_own = held != nullptr && held->owner == lease.owner;
  // What makes less of it is welcome however full the table is.
  if (is_its_own && bytes <= before) return std::nullopt;
  if (leases.bytes() - before + bytes > limits.lease_bytes_max ||
      (held == nullptr && leases.all().size() >= limits.leases_max)) {
    return Refusal(ErrorCode::bytes_quota, lease.task_id,
                   "The hub holds as many claims as it may, with their notes and checkpoints; "
                   "keep large texts in files, and release what is done.");
  }
  const std::size_t own = leases.bytes_of(lease.owner) - (is_its_own ? before : 0);
  if (own + bytes > limits.lease_bytes_per_agent) {
    return Refusal(ErrorCode::bytes_quota, lease.task_id,
                   "The claims of " + lease.owner.text + " take as many bytes as they may (" +
                       std::to_string(limits.lease_bytes_per_agent / mebibyte) +
                       " MiB); keep large texts in files, and release what is done.");
  }
  return std::nullopt;
}

std::optional<Refusal> LeaseRules::queue_obstacle(const QueuedClaim& claim) const {
  const TaskId& id = claim.claim.task_id;
  const QueuedClaim* known = queue.find(actor, id);
  const std::size_t before = known == nullptr ? 0 : footprint(known->claim);
  const std::size_t bytes = footprint(claim.claim);
  const bool are_too_many =
      known == nullptr && (queue.all().size() >= limits.queued_claims_max ||
                           queue.count_of(actor) >= limits.queued_claims_per_agent);
  const bool are_too_large = queue.bytes() - before + bytes > limits.queued_bytes_max ||
                             queue.bytes_of(actor) - before + bytes > limits.queued_bytes_per_agent;
  if (are_too_many || (bytes > before && are_too_large)) {
    return Refusal(
        ErrorCode::queue_full, id,
        "Too many claims are waiting already; let some of them come up or release them.");
  }
  return pattern_obstacle(claim.claim, queue.scopes());
}

}  // namespace synapse::core
