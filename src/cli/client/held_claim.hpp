// SPDX-License-Identifier: AGPL-3.0-or-later
// Holds a claim until a signal, without holding its owner's name: a connection a renewal, and none
// between them. LeaseKeeper would hear of a loss at once, but at a hub of the original a name
// belongs to one connection at a time: while it stayed, neither the owner's other commands nor the
// git hooks, which release the claim, could work.
#pragma once

#include "base/signals.hpp"
#include "cli/context.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

// The claim, sent then, was granted for its ttl. Returns the exit code: 0 once it is released, by a
// signal or by somebody else under the same name (a hook); exit_code::lost if it is lost, before
// anybody else can have it.
[[nodiscard]] int hold_claim(Context& context, const AgentOptions& settings, SignalWatch& watch,
                             ClaimRequest claim, base::Mono sent_at);

}  // namespace synapse::cli
