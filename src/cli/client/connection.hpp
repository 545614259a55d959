// SPDX-License-Identifier: AGPL-3.0-or-later
// What every command that talks to a hub shares: which hub, under which name, with which token, and
// what it says when that does not work.
#pragma once

#include <optional>
#include <string>

#include "cli/args/option_set.hpp"
#include "cli/client/token.hpp"
#include "cli/context.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

struct ConnectionOptions {
  std::optional<std::string> uri;  // Nothing: $SYNAPSE_URI, or the default.
  std::string name = "USER";
  TokenOptions token;
  double ready_timeout = 5;  // Seconds.
  std::string tls_ca;
  bool tls_insecure = false;
};

void add_connection_options(OptionSet& set, ConnectionOptions& options);
// The same for a command that chooses its name itself.
void add_hub_options(OptionSet& set, ConnectionOptions& options);

// The name to hold claims under: --name; else $SYN_IDENTITY, who this terminal is; else USER.
[[nodiscard]] std::string claiming_name(const Context& context, const ConnectionOptions& options);

// How an agent connects by these options, wanting no broadcasts and no chat. An Error is a usage
// error: the token can't be had.
[[nodiscard]] Result<AgentOptions> agent_options(const Context& context,
                                                 const ConnectionOptions& options);

// Says what is wrong with the command line; returns exit_code::usage.
int explain_usage(Context& context, const Error& error);

// Connects. Nothing when that worked; else it has said why not, and this is the exit code.
[[nodiscard]] std::optional<int> connect(Context& context, Agent& agent,
                                         const AgentOptions& options);

// Says why a connection could not be made; the exit code for it.
[[nodiscard]] int explain_failure(Context& context, const AgentOptions& options, const Error& why);

// Says that a request got no answer; returns exit_code::failed.
int explain_silence(Context& context, const AgentOptions& options, const Error& why);

}  // namespace synapse::cli
