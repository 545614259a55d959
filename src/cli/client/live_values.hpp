// SPDX-License-Identifier: AGPL-3.0-or-later
// What a hub knows that a shell may offer at Tab: ids of claims, tasks of the plan, names of
// agents.
#pragma once

#include "cli/args/completion.hpp"
#include "cli/context.hpp"

namespace synapse::cli {

// Asks the hub that the environment names, as an observer and for a moment only: where it does not
// answer, nothing is offered and nothing said. The context must outlive it.
[[nodiscard]] LiveValues live_values(const Context& context);

}  // namespace synapse::cli
