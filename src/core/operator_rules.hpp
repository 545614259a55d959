// SPDX-License-Identifier: AGPL-3.0-or-later
// What operators may do: people who look after a bus, and hold nothing on it. They speak, and they
// act in an agent's place on its claims and its waits, and on the plan. The events of that are
// those which the agent itself would have caused; beside them stands an OperatorActed. Used by
// Machine::decide() alone. Source: docs/protocol.md, Operators.
#pragma once

#include "core/claim_queue.hpp"
#include "core/command.hpp"
#include "core/decision.hpp"
#include "core/lease_table.hpp"

namespace synapse::core {

struct OperatorRules {
  const LeaseTable& leases;
  const ClaimQueue& queue;
  const AgentName& by;

  // Why an operator can't ask for that at all.
  [[nodiscard]] static std::optional<Refusal> obstacle(const Command& command);
  // In whose place the command is decided: that of the claim's holder, if it is about a claim.
  [[nodiscard]] const AgentName& in_place_of(const Command& command) const;
  [[nodiscard]] Decision end_wait(const EndWait& command) const;
  // Says in what was decided whose doing it is. `agent` is whose claim it was.
  void sign(const Command& command, const AgentName& agent, Decision& decision) const;
};

}  // namespace synapse::core
