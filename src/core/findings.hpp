// SPDX-License-Identifier: AGPL-3.0-or-later
// The gate that a finding passes before it is recorded: rejected, lowered to what its evidence
// bears ("floored"), or accepted; then attested by the hub. Source: docs/protocol.md, Findings.
#pragma once

#include "core/decision.hpp"
#include "core/model.hpp"

namespace synapse::core {

[[nodiscard]] Decision decide_finding(const AgentName& actor, Finding finding, Moment now);

}  // namespace synapse::core
