// SPDX-License-Identifier: AGPL-3.0-or-later
// GET /cluster/status of the hubs of a bus: docs/cluster.md.
#pragma once

#include "cli/client/connection.hpp"
#include "wire/json_document.hpp"

namespace synapse::cli {

// What the first hub of the URI's that answers says. Errors: not_found, for a hub that is alone;
// bad_argument, auth_denied, and why it could not be asked.
[[nodiscard]] Result<Json> ask_cluster_status(const AgentOptions& settings);

}  // namespace synapse::cli
