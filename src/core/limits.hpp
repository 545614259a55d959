// SPDX-License-Identifier: AGPL-3.0-or-later
// Every bound of the machine in one place. The settable ones are options of `synapse hub`; the
// defaults are the protocol's.
#pragma once

#include <chrono>
#include <cstddef>

namespace synapse::core {

struct Limits {
  std::size_t claims_per_agent = 128;
  std::size_t offers_per_agent = 64;
  std::size_t paths_per_claim = 512;
  std::size_t path_length_max =
      4096;  // Characters; a longer path widens the claim to its worktree.
  // Patterns past either bound cover all below their literal part: matching stays cheap whatever is
  // sent.
  std::size_t patterns_per_claim = 32;
  std::size_t pattern_bytes_max = 256;
  std::size_t history_max = 500;  // Chat messages kept for history and resume.
  std::size_t history_bytes_max = 64UL << 20U;
  std::size_t progress_max = 5000;  // Progress notes kept.
  std::size_t answers_max = 1024;   // Remembered answers to idempotent requests.
  std::size_t plan_tasks_max = 100'000;
  std::size_t checkpoints_kept_max = 10'000;  // Of lapsed leases, for their heirs.
  std::size_t last_seen_max = 10'000;         // Agents that went, by the time they were last heard.
  std::size_t queued_claims_max = 10'000;
  std::size_t queued_claims_per_agent = 64;
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
