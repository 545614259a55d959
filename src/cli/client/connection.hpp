// SPDX-License-Identifier: AGPL-3.0-or-later
// What every command that talks to a hub shares: which hub, under which name, with which token, and
// what it says when that does not work.
#pragma once

#include <optional>
#include <string>

#include "cli/args/option_set.hpp"
#include "cli/client/token.hpp"
#include "cli/context.hpp"
#include "services/identity.hpp"
#include "synapse/agent.hpp"

namespace synapse::cli {

struct ConnectionOptions {
  std::optional<std::string> uri;   // Nothing: $SYNAPSE_URI, or the default.
  std::optional<std::string> name;  // Nothing: `role`, or whose command it is.
  std::string role;                 // The name of a program that is an agent of its own.
  TokenOptions token;
  double ready_timeout = 5;  // Seconds.
  std::string tls_ca;
  bool tls_insecure = false;
};

// The name's default in the help: by `role`, or as the command takes it.
void add_connection_options(OptionSet& set, ConnectionOptions& options);
// The same for a command that claims.
void add_claiming_options(OptionSet& set, ConnectionOptions& options);
// The same for what comes after claims: see caller_after_claims().
void add_options_after_claims(OptionSet& set, ConnectionOptions& options);
// The same for a command that chooses its name itself.
void add_hub_options(OptionSet& set, ConnectionOptions& options);

// Whose command it is: the one resolver of names (services/identity.hpp) with these options.
[[nodiscard]] Result<services::Caller> caller_of(const Context& context,
                                                 const ConnectionOptions& options);
// The same for a command that claims. Claims of nobody would exclude nobody: where nobody said a
// name, the terminal claims under one of its own.
[[nodiscard]] Result<services::Caller> claimant_of(const Context& context,
                                                   const ConnectionOptions& options);
// The same for what comes after claims: where nobody said a name, a terminal whose own name has
// claims at the hub goes on under it.
[[nodiscard]] Result<services::Caller> caller_after_claims(const Context& context,
                                                           const ConnectionOptions& options);
// Says on stderr who holds a new claim, and how to keep a terminal's name; nothing if a name was
// given.
void name_owner(Context& context, const services::Caller& owner, const std::string& task_id);

// How a command connects by these options, wanting no broadcasts and no chat. An Error is a usage
// error: the token can't be had, or the environment contradicts itself.
[[nodiscard]] Result<AgentOptions> agent_options(const Context& context,
                                                 const ConnectionOptions& options);
// The same where it is known whose command it is.
[[nodiscard]] Result<AgentOptions> agent_options_for(const Context& context,
                                                     const ConnectionOptions& options,
                                                     const services::Caller& caller);
// The same for a command that only asks.
[[nodiscard]] Result<AgentOptions> observer_options(const Context& context,
                                                    const ConnectionOptions& options);

// Says what is wrong with the command line; returns exit_code::usage.
int explain_usage(Context& context, const Error& error);

// Connects. Nothing when that worked; else it has said why not, and this is the exit code.
[[nodiscard]] std::optional<int> connect(Context& context, Agent& agent,
                                         const AgentOptions& options);

// Says why a connection could not be made; the exit code for it.
[[nodiscard]] int explain_failure(Context& context, const AgentOptions& options, const Error& why);

// The same for commands that synapse-channel has no recorded exit code of: exit_code::unreachable
// where there is no hub.
[[nodiscard]] int without_hub(Context& context, const AgentOptions& options, const Error& why);

// Says that a request got no answer; returns exit_code::failed.
int explain_silence(Context& context, const AgentOptions& options, const Error& why);

}  // namespace synapse::cli
