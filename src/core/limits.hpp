// SPDX-License-Identifier: AGPL-3.0-or-later
// Every bound of the machine in one place. The settable ones are options of `synapse hub`; the
// defaults are the protocol's.
//
// Bounds in bytes count what core/footprint.hpp says a thing takes. Their sum is most of what a hub
// can ever need, and docs/operations.md says how much that is: a new bound belongs there too.
#pragma once

#include <chrono>
#include <cstddef>

namespace synapse::core {

inline constexpr std::size_t mebibyte = 1UL << 20U;

struct Limits {
  std::size_t claims_per_agent = 128;
  std::size_t leases_max = 100'000;
  std::size_t lease_bytes_per_agent = 64 * mebibyte;
  std::size_t lease_bytes_max = 160 * mebibyte;
  std::size_t offers_per_agent = 64;
  std::size_t offers_max = 10'000;
  std::size_t offer_bytes_per_agent = 4 * mebibyte;
  std::size_t offer_bytes_max = 32 * mebibyte;
  std::size_t card_bytes_max = 32 * mebibyte;  // An agent has one, as large as a frame at most.
  // More paths, or longer ones, widen a claim to its worktree. Lengths count characters.
  std::size_t paths_per_claim = 512;
  std::size_t path_length_max = 4096;
  std::size_t path_bytes_per_claim = 64UL << 10U;
  // Patterns past either bound cover all below their literal part: matching stays cheap whatever is
  // sent.
  std::size_t patterns_per_claim = 32;
  std::size_t pattern_bytes_max = 256;
  // Of the patterns that begin in one folder of a worktree, each counted once: a path in there is
  // matched with all of them.
  std::size_t pattern_bytes_per_folder = 2048;
  std::size_t pattern_bytes_per_agent = 1024;  // The same, of one agent.
  std::size_t history_max = 500;               // Chat messages kept for history and resume.
  std::size_t history_bytes_max = 64 * mebibyte;
  std::size_t progress_max = 5000;  // Progress notes kept.
  std::size_t progress_bytes_per_agent = 8 * mebibyte;
  std::size_t progress_bytes_max = 32 * mebibyte;
  std::size_t answers_max = 1024;  // Remembered answers to idempotent requests.
  std::size_t answer_bytes_per_agent = 16 * mebibyte;
  std::size_t answer_bytes_max = 48 * mebibyte;
  std::size_t plan_tasks_max = 100'000;
  std::size_t plan_done_max = 10'000;  // Of those, how many that are done or cancelled.
  std::size_t plan_bytes_per_agent = 32 * mebibyte;
  std::size_t plan_bytes_max = 64 * mebibyte;
  std::size_t dependencies_per_task = 512;
  std::size_t dependencies_max = 50'000;
  std::size_t record_bytes_max = 16 * mebibyte;  // Of the log; no hub writes a longer one.
  std::size_t checkpoints_kept_max = 10'000;     // Of lapsed leases, for their heirs.
  std::size_t checkpoint_bytes_max = 64 * mebibyte;
  std::size_t last_seen_max = 10'000;  // Agents that went, by the time they were last heard.
  // Of one mailbox, of what is not seen.
  std::size_t mailbox_messages_max = 1000;
  std::size_t mailbox_bytes_max = 4 * mebibyte;
  std::chrono::seconds mailbox_ttl{7 * 24 * 3600};
  std::size_t sender_mail_bytes_max = 8 * mebibyte;
  // Of all names that nobody ever had.
  std::size_t stranger_messages_max = 1000;
  std::size_t stranger_bytes_max = 16 * mebibyte;
  std::size_t mail_bytes_max = 256 * mebibyte;
  // Messages that have ended for all recipients: those with a dead letter, and the others.
  std::size_t ended_mail_max = 10'000;
  std::size_t ended_mail_bytes_max = 16 * mebibyte;
  std::size_t dead_mail_max = 10'000;
  std::size_t dead_mail_bytes_max = 32 * mebibyte;
  std::size_t recipients_max = 256;  // Of one message; with more it is a broadcast.
  std::chrono::seconds recently{3600};
  std::size_t queued_claims_max = 10'000;
  std::size_t queued_claims_per_agent = 64;
  std::size_t queued_bytes_per_agent = 8 * mebibyte;
  std::size_t queued_bytes_max = 64 * mebibyte;
  // What one entry may cost. Effort is counted, so that it is the same everywhere: see effort.hpp.
  std::size_t effort_max = 8'000'000;
  // What comes due, or comes up from the queue, at once; the rest follows in turns of its own.
  std::size_t events_per_turn_max = 64;
  std::size_t event_bytes_per_turn_max = 2 * mebibyte;
  std::chrono::seconds lease_ttl_default{3600};
  std::chrono::seconds lease_ttl_min{30};
  std::chrono::seconds lease_ttl_max{30 * 24 * 3600};
  std::chrono::seconds offer_ttl{300};
  std::chrono::seconds card_ttl{300};
  std::size_t seats_per_name = 64;
  std::chrono::nanoseconds takeover_cooldown{std::chrono::seconds(2)};
  // What an agent whose socket fell silent finds again: its seat, and its places in the queue.
  std::chrono::seconds absence_max{20};
};

}  // namespace synapse::core
