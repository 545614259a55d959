// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/connection.hpp"

#include <ostream>

#include "base/control.hpp"
#include "base/strings.hpp"
#include "cli/exit_code.hpp"
#include "synapse/protocol.hpp"

namespace synapse::cli {

namespace {

std::string safe(const std::string& text) {
  return base::escape_control(text, base::LineBreaks::escape);
}

std::string what_to_do(ErrorCode code) {
  switch (code) {
    case ErrorCode::name_conflict:
      return "Choose another with --name.";
    case ErrorCode::auth_denied:
      return "See --token, --token-file and $SYNAPSE_TOKEN.";
    case ErrorCode::tls_failed:
      return "See --tls-ca.";
    default:
      return "";
  }
}

// The hub's sentences end in a full stop, those of the libraries don't.
std::string with_hint(std::string why, const std::string& hint) {
  if (hint.empty()) return why;
  if (!why.ends_with('.')) why += '.';
  return why + ' ' + hint;
}

}  // namespace

void add_connection_options(OptionSet& set, ConnectionOptions& options) {
  set.heading("Connection");
  set.text({"--name", "NAME", "who you are on the bus"}, options.name);
  add_hub_options(set, options);
}

void add_hub_options(OptionSet& set, ConnectionOptions& options) {
  set.heading("Connection");
  set.text({"--uri", "URI", "the hub [$SYNAPSE_URI, or ws://localhost:8876]"}, options.uri);
  add_token_options(set, options.token);
  set.number({"--ready-timeout", "SECONDS", "how long the hub may take to welcome"},
             options.ready_timeout, {0.001, 86'400});
  set.text({"--tls-ca", "FILE", "certificates to trust for wss:// instead of the system's"},
           options.tls_ca);
  set.flag("--tls-insecure", options.tls_insecure,
           "accept any certificate of a wss:// hub (for tests)");
}

std::string claiming_name(const Context& context, const ConnectionOptions& options) {
  if (options.name != ConnectionOptions{}.name) return options.name;
  const std::string identity = base::trimmed(context.environment.get("SYN_IDENTITY").value_or(""));
  return identity.empty() ? options.name : identity;
}

Result<AgentOptions> agent_options(const Context& context, const ConnectionOptions& options) {
  Result<std::string> token = find_token(context, options.token);
  if (!token) return token.error();
  AgentOptions agent;
  agent.uri = options.uri.value_or(context.environment.get("SYNAPSE_URI").value_or(""));
  if (agent.uri.empty()) agent.uri = protocol::default_uri;
  agent.name = options.name;
  agent.token = *std::move(token);
  agent.ready_timeout = to_milliseconds(options.ready_timeout);
  agent.broadcast_types.emplace();
  agent.chat = AgentOptions::Chat::none;
  agent.tls_ca = options.tls_ca;
  if (options.tls_insecure) agent.tls_verify = AgentOptions::TlsVerify::insecure;
  return agent;
}

int explain_usage(Context& context, const Error& error) {
  context.err << "synapse: " << error.message << '\n';
  return exit_code::usage;
}

int explain_failure(Context& context, const AgentOptions& options, const Error& why) {
  switch (why.code) {
    case ErrorCode::unreachable:
    case ErrorCode::timed_out:
      context.out << '[' << safe(options.name) << "] Could not reach hub at " << safe(options.uri)
                  << ".\n";
      return exit_code::failed;
    case ErrorCode::bad_argument:
      return explain_usage(context, why);
    default:
      context.err << '[' << safe(options.name) << "] " << safe(options.uri) << ": "
                  << with_hint(safe(why.message), what_to_do(why.code)) << '\n';
      return exit_code::failed;
  }
}

std::optional<int> connect(Context& context, Agent& agent, const AgentOptions& options) {
  const Result<> connected = agent.connect();
  if (connected) return std::nullopt;
  return explain_failure(context, options, connected.error());
}

int explain_silence(Context& context, const AgentOptions& options, const Error& why) {
  context.err << '[' << safe(options.name) << "] no answer from the hub at " << safe(options.uri)
              << ": " << safe(why.message) << '\n';
  return exit_code::failed;
}

}  // namespace synapse::cli
