// SPDX-License-Identifier: AGPL-3.0-or-later
// A machine with a manual clock and short ways to ask it, for tests of its rules. Agents named A,
// B, C and D are online.
#pragma once

#include <string>
#include <vector>

#include "core/machine.hpp"
#include "support/actors.hpp"
#include "support/catch.hpp"
#include "support/manual_clock.hpp"

namespace synapse::test {

inline constexpr const char* hub_id = "syn-0badcafe";

struct Stage {
  explicit Stage(const core::Limits& limits = {});

  // All that is due first, then the command.
  core::Outcome run(const char* agent, const core::Command& command);
  // Runs a command that must be granted; the events.
  std::vector<core::Event> grant(const char* agent, const core::Command& command);
  // Runs a command that must be refused, with this code, and leave the leases as they were.
  core::Refusal refuse(const char* agent, const core::Command& command, ErrorCode code);
  // Lets time pass and what comes due happen; the events.
  std::vector<core::Event> pass(double seconds);
  std::vector<core::Event> leave(const char* agent);

  // Whatever is due, however many turns that takes; the events.
  std::vector<core::Event> settle();

  [[nodiscard]] const core::Lease* lease(const char* task) const;
  // "A" for the owner of a task, "" if it is free.
  [[nodiscard]] std::string owner(const char* task) const;

  ManualClock clock;
  core::Machine machine;
  Actors actors{machine};
};

using Paths = std::vector<std::string>;

[[nodiscard]] core::ClaimTask claim(const char* task, Paths paths = {"a"}, double ttl = 600);
[[nodiscard]] core::ClaimTask waiting_claim(const char* task, Paths paths = {"a"});
[[nodiscard]] core::ReleaseTask release(const char* task);
[[nodiscard]] core::WaitFor wait_for(const char* task);

// The only event of this type, which must be there.
template <class Wanted>
Wanted only(const std::vector<core::Event>& events) {
  const Wanted* found = nullptr;
  for (const core::Event& event : events) {
    const auto* one = std::get_if<Wanted>(&event);
    if (one == nullptr) continue;
    REQUIRE(found == nullptr);
    found = one;
  }
  REQUIRE(found != nullptr);
  return *found;
}

template <class Wanted>
std::size_t count(const std::vector<core::Event>& events) {
  std::size_t found = 0;
  for (const core::Event& event : events) found += std::holds_alternative<Wanted>(event) ? 1 : 0;
  return found;
}

}  // namespace synapse::test
