// SPDX-License-Identifier: AGPL-3.0-or-later
#include "cli/client/connection.hpp"

#include <algorithm>
#include <ostream>

#include "base/control.hpp"
#include "base/shell_quote.hpp"
#include "base/strings.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "git/hooks.hpp"
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
      return "See --tls-ca; if the hub has no certificate, its address begins with ws://.";
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

// `fallback`: who it is where neither the option nor anything else says a name.
void add_options_with(OptionSet& set, ConnectionOptions& options, const std::string& fallback) {
  const std::string found = "$SYN_IDENTITY, this worktree's synapse.name, or " + fallback;
  set.heading("Connection");
  set.text({"--name", "NAME",
            "who you are on the bus [" + (options.role.empty() ? found : options.role) + "]"},
           options.name);
  add_hub_options(set, options);
}

}  // namespace

void add_connection_options(OptionSet& set, ConnectionOptions& options) {
  add_options_with(set, options, "USER");
}

void add_claiming_options(OptionSet& set, ConnectionOptions& options) {
  add_options_with(set, options, "a name of this terminal's own");
}

void add_options_after_claims(OptionSet& set, ConnectionOptions& options) {
  add_options_with(set, options, "USER; this terminal's own name, if that has claims");
}

void add_hub_options(OptionSet& set, ConnectionOptions& options) {
  set.heading("Connection");
  set.text({"--uri", "URI",
            "the hub, also as unix:PATH; those of a cluster with commas [$SYNAPSE_URI, or "
            "ws://localhost:8876]"},
           options.uri);
  add_token_options(set, options.token);
  set.number({"--ready-timeout", "SECONDS", "how long the hub may take to welcome"},
             options.ready_timeout, {0.001, 86'400});
  set.text({"--tls-ca", "FILE", "certificates to trust for wss:// instead of the system's"},
           options.tls_ca);
  set.flag("--tls-insecure", options.tls_insecure,
           "accept any certificate of a wss:// hub (for tests)");
}

Result<services::Caller> caller_of(const Context& context, const ConnectionOptions& options) {
  using Source = services::Caller::Source;
  if (!options.name && !options.role.empty()) return services::Caller{options.role, Source::option};
  return services::find_caller(context.environment, context.folder, options.name);
}

Result<services::Caller> claimant_of(const Context& context, const ConnectionOptions& options) {
  Result<services::Caller> caller = caller_of(context, options);
  if (!caller || caller->source != services::Caller::Source::none) return caller;
  const std::string session = context.session();
  if (session.empty()) return caller;
  const auto who = services::resolve_identity(context.environment, context.folder, {});
  if (!who) return who.error();
  return services::Caller{services::terminal_name(*who, context.environment, session),
                          services::Caller::Source::terminal};
}

Result<services::Caller> caller_after_claims(const Context& context,
                                             const ConnectionOptions& options) {
  Result<services::Caller> caller = caller_of(context, options);
  if (!caller || caller->source != services::Caller::Source::none) return caller;
  Result<services::Caller> terminal = claimant_of(context, options);
  if (!terminal || terminal->source != services::Caller::Source::terminal) return terminal;
  const Result<AgentOptions> settings = observer_options(context, options);
  if (!settings) return settings.error();
  Agent observer(*settings);
  // A hub that can't be asked is told of when the command itself finds it so.
  if (!observer.connect()) return caller;
  const Result<Reply> state = observer.state();
  if (!state) return caller;
  const Json& claims = member(member(*state->frame, "snapshot"), "active_claims");
  const bool has_claims = std::any_of(claims.begin(), claims.end(), [&](const Json& claim) {
    return text_of(claim, "owner") == terminal->name;
  });
  return has_claims ? terminal : caller;
}

void name_owner(Context& context, const services::Caller& owner, const std::string& task_id) {
  using Source = services::Caller::Source;
  const std::string claimed = "[" + safe(owner.name) + "] claimed '" + safe(task_id) + "'";
  switch (owner.source) {
    case Source::option:
      return;
    case Source::session:
      context.err << claimed << " as this assistant's session" << std::endl;
      return;
    case Source::environment:
      context.err << claimed << " as $SYN_IDENTITY" << std::endl;
      return;
    case Source::worktree:
      context.err << claimed << " as this worktree's synapse.name" << std::endl;
      return;
    case Source::terminal:
      context.err << claimed << " as this terminal, since nothing says who you are. To keep the "
                  << "name: export SYN_IDENTITY=" << base::shell_quoted(safe(owner.name))
                  << std::endl;
      return;
    case Source::none:
      context.err << claimed << ": nothing says who you are" << std::endl;
      return;
  }
}

Result<AgentOptions> agent_options(const Context& context, const ConnectionOptions& options) {
  const Result<services::Caller> caller = caller_of(context, options);
  if (!caller) return caller.error();
  return agent_options_for(context, options, *caller);
}

Result<AgentOptions> observer_options(const Context& context, const ConnectionOptions& options) {
  Result<AgentOptions> agent = agent_options(context, options);
  if (agent) agent->kind = AgentOptions::Kind::observer;
  return agent;
}

Result<AgentOptions> agent_options_for(const Context& context, const ConnectionOptions& options,
                                       const services::Caller& caller) {
  Result<std::string> token = find_token(context, options.token);
  if (!token) return token.error();
  AgentOptions agent;
  agent.uri = options.uri.value_or(context.environment.get("SYNAPSE_URI").value_or(""));
  if (agent.uri.empty()) agent.uri = protocol::default_uri;
  agent.name = caller.name;
  agent.kind = AgentOptions::Kind::command;
  agent.token = *std::move(token);
  agent.ready_timeout = to_milliseconds(options.ready_timeout);
  agent.broadcast_types.emplace();
  agent.chat = AgentOptions::Chat::none;
  agent.tls_ca = options.tls_ca;
  if (options.tls_insecure) agent.tls_verify = AgentOptions::TlsVerify::insecure;
  return agent;
}

int explain_usage(Context& context, const Error& error) {
  context.err << context.command << ": " << error.message << '\n';
  return exit_code::usage;
}

int explain_failure(Context& context, const AgentOptions& options, const Error& why) {
  switch (why.code) {
    case ErrorCode::unreachable:
    case ErrorCode::timed_out:
      context.out << '[' << safe(options.name) << "] Could not reach hub at " << safe(options.uri)
                  << ".\n";
      // For people alone: scripts go by the line above and by nothing on stderr.
      if (context.err_is_terminal) {
        context.err << context.command << ": "
                    << with_hint(safe(why.message),
                                 "`synapse hub` starts one, on this machine; with a certificate "
                                 "its address begins with wss://.")
                    << '\n';
      }
      return exit_code::failed;
    case ErrorCode::bad_argument:
      return explain_usage(context, why);
    default:
      context.err << context.command << ": " << safe(options.uri) << ": "
                  << with_hint(safe(why.message), what_to_do(why.code)) << '\n';
      return exit_code::failed;
  }
}

int without_hub(Context& context, const AgentOptions& options, const Error& why) {
  const int code = explain_failure(context, options, why);
  switch (why.code) {
    case ErrorCode::unreachable:
    case ErrorCode::timed_out:
    case ErrorCode::closed:
    case ErrorCode::tls_failed:
      return exit_code::unreachable;
    default:
      return code;
  }
}

std::optional<int> connect(Context& context, Agent& agent, const AgentOptions& options) {
  const Result<> connected = agent.connect();
  if (connected) return std::nullopt;
  return explain_failure(context, options, connected.error());
}

int explain_silence(Context& context, const AgentOptions& options, const Error& why) {
  context.err << context.command << ": no answer from the hub at " << safe(options.uri) << ": "
              << with_hint(safe(why.message), "`synapse doctor` looks for the cause.") << '\n';
  return exit_code::failed;
}

}  // namespace synapse::cli
