// SPDX-License-Identifier: AGPL-3.0-or-later
// One request to the hub with plain blocking sockets, done by a deadline whatever the other end
// does: the agent's tool waits for it. No TLS: a hub behind wss:// is one that can't be asked.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.hpp"
#include "base/error.hpp"

namespace synapse::guard {

using Deadline = std::chrono::steady_clock::time_point;

struct HubPlace {
  struct Door {
    std::string socket;  // A Unix socket's path, which is tried first; blank: none.
    std::string host;    // A numeric address or localhost; blank: the socket alone.
    std::string port;
  };
  std::vector<Door> doors;  // Of a cluster one of each hub: the next where one does not answer.
  std::string token;        // For TCP; blank: none.
};

// Of $SYNAPSE_URI, else this machine's port 8876; the token of $SYNAPSE_TOKEN, else of the file
// that `synapse hooks install --token-file` has named. Errors: bad_argument.
[[nodiscard]] Result<HubPlace> find_hub(const base::Environment& environment);
// The same of a hub's URI.
[[nodiscard]] Result<HubPlace> find_hub_at(const std::string& uri,
                                           const base::Environment& environment);
// Where that file's name is kept: outside of any repository.
[[nodiscard]] std::string token_note_path(const base::Environment& environment);

// Posts to /hook; the answer's body. Errors: unreachable, timed_out; auth_denied and corrupt for a
// hub that refuses, or answers something else.
[[nodiscard]] Result<std::string> post_hook(const HubPlace& hub, std::string_view body,
                                            Deadline deadline);
[[nodiscard]] Result<std::string> post_hook(const HubPlace& hub, std::string_view body,
                                            std::chrono::milliseconds patience);
// What the hub has counted of the calls of guards, as JSON. Errors: the same.
[[nodiscard]] Result<std::string> get_hook_counts(const HubPlace& hub,
                                                  std::chrono::milliseconds patience);

}  // namespace synapse::guard
