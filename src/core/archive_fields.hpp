// SPDX-License-Identifier: AGPL-3.0-or-later
// The fields of what both a saved state and an entry of a log consist of.
#pragma once

#include "core/archive.hpp"
#include "core/entry.hpp"
#include "core/limits.hpp"

namespace synapse::core {

template <>
inline constexpr std::uint64_t words_of<Coverage> = 2;
template <>
inline constexpr std::uint64_t words_of<Origin> = 3;
template <>
inline constexpr std::uint64_t words_of<IfHeld> = 2;
template <>
inline constexpr std::uint64_t words_of<Extent> = 2;
template <>
inline constexpr std::uint64_t words_of<IfOwn> = 2;
template <>
inline constexpr std::uint64_t words_of<SeatKind> = 4;
template <>
inline constexpr std::uint64_t words_of<Seating> = 3;
template <>
inline constexpr std::uint64_t words_of<MailState> = 6;
template <>
inline constexpr std::uint64_t words_of<Receipt> = 2;

// Found by the archive through their arguments, so in this namespace itself.

template <class Io>
void fields(Io& io, Is<Limits> auto& v) {
  io(v.claims_per_agent, v.leases_max, v.lease_bytes_per_agent, v.lease_bytes_max,
     v.offers_per_agent, v.offers_max, v.offer_bytes_per_agent, v.offer_bytes_max, v.card_bytes_max,
     v.paths_per_claim, v.path_length_max, v.path_bytes_per_claim, v.patterns_per_claim,
     v.pattern_bytes_max, v.pattern_bytes_per_folder, v.pattern_bytes_per_agent, v.history_max,
     v.history_bytes_max, v.progress_max, v.progress_bytes_per_agent, v.progress_bytes_max,
     v.answers_max, v.answer_bytes_per_agent, v.answer_bytes_max, v.plan_tasks_max, v.plan_done_max,
     v.plan_bytes_per_agent, v.plan_bytes_max, v.dependencies_per_task, v.dependencies_max,
     v.checkpoints_kept_max, v.checkpoint_bytes_max, v.last_seen_max, v.queued_claims_max,
     v.queued_claims_per_agent, v.queued_bytes_per_agent, v.queued_bytes_max, v.effort_max,
     v.events_per_turn_max, v.event_bytes_per_turn_max, v.mailbox_messages_max, v.mailbox_bytes_max,
     v.sender_mail_bytes_max, v.stranger_messages_max, v.stranger_bytes_max, v.mail_bytes_max,
     v.ended_mail_max, v.ended_mail_bytes_max, v.dead_mail_max, v.dead_mail_bytes_max,
     v.recipients_max);
  io(v.lease_ttl_default, v.lease_ttl_min, v.lease_ttl_max, v.offer_ttl, v.card_ttl,
     v.seats_per_name, v.takeover_cooldown, v.absence_max, v.mailbox_ttl, v.recently);
}
template <class Io>
void fields(Io& io, Is<JsonText> auto& v) {
  io(v.text);
}
template <class Io>
void fields(Io& io, Is<GitContext> auto& v) {
  auto& [branch, base, auto_release_on, repo] = v;
  io(branch, base, auto_release_on, repo);
}
template <class Io>
void fields(Io& io, Is<ClaimTask> auto& v) {
  auto& [task_id, note, ttl, worktree, coverage, paths, git, if_held, if_own, extent, wait_seconds,
         party, origin] = v;
  io(task_id, note, ttl, worktree, coverage, paths, git, if_held, if_own, extent, wait_seconds,
     party, origin);
}
template <class Io>
void fields(Io& io, Is<Principal> auto& v) {
  auto& [machine, user, holder] = v;
  io(machine, user, holder);
}
template <class Io>
void fields(Io& io, Is<RequestKey> auto& v) {
  auto& [type, key, digest] = v;
  io(type, key, digest);
}

}  // namespace synapse::core
