// SPDX-License-Identifier: AGPL-3.0-or-later
// When a lease ends and how long it has been held, for people: by their own clock, and as spans.
#pragma once

#include <string>

#include "cli/context.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

// `ends at 14:07, in 48 min`, by the lease_expires_at of a claim or a refusal; blank without one.
[[nodiscard]] std::string lease_end(const Context& context, const Json& frame);
// That, since when the claim is held, and where.
[[nodiscard]] std::string lease_detail(const Context& context, const Json& claim);
// Why the hub refused, and when the lease in the way ends.
[[nodiscard]] std::string refusal_with_end(const Context& context, const Reply& reply);

}  // namespace synapse::cli
