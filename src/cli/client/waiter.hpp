// SPDX-License-Identifier: AGPL-3.0-or-later
// Waiting for chat that wakes: the middle of `wait` and `arm`.
//
// The waiter is a connection of its own beside the agent that it wakes, under another name (NAME-rx
// for NAME), so that the agent can speak while it sleeps. It takes that name over: a waiter is
// started anew after each wake, and the one before may not be quite gone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/client/connection.hpp"
#include "wire/addressing.hpp"

namespace synapse::cli {

struct WaiterOptions {
  ConnectionOptions connection;
  std::optional<std::string> for_name;  // Nothing, until it connects: whose command it is.
  wire::WakeOn wake_on = wire::WakeOn::any;
  double jitter = 8;  // Seconds.
};

void add_waiter_options(OptionSet& set, WaiterOptions& options);

// How a waiter connects; settles for whom.
[[nodiscard]] Result<AgentOptions> waiter_agent_options(const Context& context,
                                                        WaiterOptions& options);

enum class WaitOutcome { woken, timed_out };

// Sleeps until chat wakes it (or `timeout` is over), then prints all that woke it. An Error: the
// connection is gone for good. One message to many wakes many at once, who would all turn to the
// same model provider: so after a broadcast, a list or a glob it sleeps on for a random part of the
// jitter, which a message to the name alone cuts short.
[[nodiscard]] Result<WaitOutcome> wait_for_chat(Context& context, Agent& agent,
                                                const WaiterOptions& options,
                                                std::optional<std::chrono::milliseconds> timeout);

}  // namespace synapse::cli
