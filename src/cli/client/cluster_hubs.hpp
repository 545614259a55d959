// SPDX-License-Identifier: AGPL-3.0-or-later
// What the hubs of a bus answer at /cluster/…: docs/cluster.md.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "cli/client/connection.hpp"
#include "wire/json_document.hpp"

namespace synapse::cli {

// GET /cluster/status: what the first hub of the URI's that answers says. Errors: not_found, for a
// hub that is alone; bad_argument, auth_denied, and why it could not be asked.
[[nodiscard]] Result<Json> ask_cluster_status(const AgentOptions& settings);

struct ClusterRequest {
  std::string path;  // /cluster/…
  std::vector<std::pair<std::string, std::string>> headers;
  std::chrono::milliseconds patience{0};
};
// POST, to the first that answers. Errors: the same, and `cancelled`, with why it refuses.
[[nodiscard]] Result<Json> tell_cluster(const AgentOptions& settings,
                                        const ClusterRequest& request);

// Says what went wrong with either; the exit code.
int explain_cluster(Context& context, const Error& why);

}  // namespace synapse::cli
