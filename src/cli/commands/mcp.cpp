// SPDX-License-Identifier: AGPL-3.0-or-later
// A server of the Model Context Protocol: for the assistant that starts it, or over HTTP for all
// who connect. Of the former stdout is the protocol's alone: what there is to say to people goes to
// stderr.
#include "mcp/bridge.hpp"

#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <system_error>

#include "base/file.hpp"
#include "base/shell_quote.hpp"
#include "base/strings.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "git/claim_scope.hpp"
#include "git/hooks.hpp"
#include "hub/exposure.hpp"
#include "mcp/http.hpp"
#include "mcp/session_ids.hpp"
#include "mcp/stdio.hpp"
#include "net/http_rules.hpp"
#include "net/token_book.hpp"
#include "services/hook_install.hpp"
#include "services/pid_file.hpp"

namespace synapse::cli::commands {

namespace {

struct McpArguments {
  ConnectionOptions connection;
  double request_timeout = 5;
  double lease_ttl = 600;
  std::string folder;
  std::optional<std::string> worktree;
  std::optional<std::string> http;
  TokenOptions http_token;
  std::vector<std::string> allowed_origins;
  std::optional<std::string> tokens_file;
  std::string tls_cert;
  std::string tls_key;
  bool insecure_off_loopback = false;
  bool exact_name = false;
  std::size_t at_end = 0;
  std::size_t max_sessions = synapse::mcp::HttpEndpointOptions{}.sessions_max;
  double session_idle =
      static_cast<double>(synapse::mcp::HttpEndpointOptions{}.session_idle.count());
};

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

// HOST:PORT, an IPv6 address in brackets.
Result<Address> read_address(const std::string& text) {
  const Error error = fail(ErrorCode::bad_argument,
                           "--http " + shown(text) + " is no HOST:PORT, such as 127.0.0.1:8878");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return error;
  Address address{text.substr(0, colon)};
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  } else if (address.host.find(':') != std::string::npos) {
    return error;
  }
  const char* const end = text.data() + text.size();
  const auto [digits_end, failure] = std::from_chars(text.data() + colon + 1, end, address.port);
  if (address.host.empty() || failure != std::errc() || digits_end != end) return error;
  return address;
}

Error wrong(std::string why) { return fail(ErrorCode::bad_argument, std::move(why)); }

synapse::mcp::AtEnd at_end_of(const McpArguments& options) {
  return options.at_end == 0 ? synapse::mcp::AtEnd::release : synapse::mcp::AtEnd::keep;
}

Result<net::TokenGate> read_gate(const McpArguments& options) {
  std::string token;
  if (options.http_token.token) {
    token = base::trimmed(*options.http_token.token);
    // From a variable that was not set: a server without the token that its owner believes it has.
    if (token.empty()) return wrong("--http-token is blank");
  } else if (options.http_token.file) {
    Result<std::string> read = read_token_file(*options.http_token.file, "--http-token-file");
    if (!read) return read.error();
    token = *std::move(read);
  }
  Result<net::TokenBook> book = read_token_book(options.tokens_file);
  if (!book) return book.error();
  return net::TokenGate(std::move(token), *std::move(book));
}

// What sessions are signed with, kept for the next run; blank where nothing can be kept.
std::string session_key(const Context& context) {
  constexpr std::size_t key_bytes = 32;
  const std::filesystem::path hooks = services::hook_state_folder(context.environment);
  if (hooks.empty()) return "";
  const std::filesystem::path file = hooks.parent_path() / "mcp-session-key";
  if (Result<std::string> kept = base::read_whole(file, 4 * key_bytes); kept && !kept->empty()) {
    return *kept;
  }
  const std::string key = synapse::mcp::random_hex(key_bytes);
  // A fresh home has no state folder yet.
  std::error_code unmade;
  std::filesystem::create_directories(file.parent_path().parent_path(), unmade);
  if (unmade || !services::make_private_folder(file.parent_path())) return "";
  return base::replace_file(file, key, {}) ? "" : key;
}

// Nothing: it serves its starter, on stdio.
Result<std::optional<synapse::mcp::HttpOptions>> http_options(Context& context,
                                                              const McpArguments& options) {
  if (!options.http) {
    const bool has_others = options.http_token.token || options.http_token.file ||
                            options.tokens_file || !options.allowed_origins.empty() ||
                            !options.tls_cert.empty() || !options.tls_key.empty() ||
                            options.insecure_off_loopback;
    if (has_others) {
      return wrong(
          "--http-token, --http-token-file, --tokens, --tls-cert, --tls-key, --allow-origin and "
          "--insecure-off-loopback go with --http");
    }
    return std::optional<synapse::mcp::HttpOptions>();
  }
  const Result<Address> address = read_address(*options.http);
  if (!address) return address.error();
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return wrong("--tls-cert and --tls-key go together");
  }
  synapse::mcp::HttpOptions http;
  http.host = address->host;
  http.port = address->port;
  http.tls_cert = options.tls_cert;
  http.tls_key = options.tls_key;
  http.session_key = session_key(context);
  http.endpoint.at_end = at_end_of(options);
  http.endpoint.entrance.door.is_on_loopback = net::is_loopback(http.host);
  http.endpoint.entrance.door.allowed_origins = options.allowed_origins;
  http.endpoint.sessions_max = options.max_sessions;
  http.endpoint.session_idle =
      std::chrono::ceil<std::chrono::seconds>(to_milliseconds(options.session_idle));
  Result<net::TokenGate> gate = read_gate(options);
  if (!gate) return gate.error();
  const bool has_token = !gate->is_open();
  http.endpoint.entrance.gate = *std::move(gate);
  const Result<> safe = hub::check_exposure({http.host, has_token, false, false, "--http-token"});
  if (!safe && !options.insecure_off_loopback) return safe.error();
  if (!safe) context.err << "insecure by request: " << safe.error().message << '\n';
  return std::optional(std::move(http));
}

synapse::mcp::ScopeResolver scope_resolver(const Context& context, const McpArguments& options) {
  return [folder = context.folder / options.folder, worktree = options.worktree,
          &environment = context.environment](
             const std::vector<std::string>& paths) -> Result<synapse::mcp::ClaimScope> {
    Result<git::ClaimScope> scope =
        git::resolve_claim_scope({paths, folder, worktree}, environment);
    if (!scope) return scope.error();
    return synapse::mcp::ClaimScope{std::move(scope->worktree), std::move(scope->paths),
                                    std::move(scope->not_there)};
  };
}

// The same world, in which everything that is said goes to stderr.
Context speaking_aside(const Context& context) {
  return {context.err,
          context.err,
          context.environment,
          context.clock,
          context.signals,
          context.random,
          context.folder,
          context.err_is_terminal,
          context.err_is_terminal,
          context.program,
          context.started_as,
          context.session};
}

int report(Context& context, const std::string& name, synapse::mcp::StdioEnd end) {
  using synapse::mcp::StdioEnd;
  switch (end) {
    case StdioEnd::input_ended:
    case StdioEnd::stopped:
      return exit_code::ok;
    case StdioEnd::client_gone:
      context.err << '[' << shown(name) << "] the client closed its end\n";
      return exit_code::failed;
    case StdioEnd::client_stuck:
      context.err << '[' << shown(name) << "] the client has not read its answers for too long\n";
      return exit_code::failed;
  }
  return exit_code::failed;
}

int serve_starter(Context& context, SignalWatch& watch, const McpArguments& options,
                  const synapse::mcp::BridgeOptions& bridge, std::string own_name) {
  synapse::mcp::StdioOptions ends;
  ends.in = STDIN_FILENO;
  ends.out = STDOUT_FILENO;
  ends.stop = watch.descriptor();
  ends.own_name = std::move(own_name);
  ends.at_end = at_end_of(options);
  return report(context, bridge.agent.name, serve_stdio(bridge, context.clock, ends));
}

int serve_all(Context& context, SignalWatch& watch, const synapse::mcp::BridgeOptions& bridge,
              synapse::mcp::HttpOptions http) {
  const std::string& name = bridge.agent.name;
  http.stop = watch.descriptor();
  http.on_listening = [&context, &name](const std::string& url) {
    context.out << '[' << shown(name) << "] serving MCP on " << url << std::endl;
  };
  const Result<> served = serve_http(bridge, context.clock, std::move(http));
  if (served) return exit_code::ok;
  context.err << '[' << shown(name) << "] " << served.error().message << '\n';
  return exit_code::failed;
}

// Where it may surprise: whoever started this may have meant to be somebody, and their shell's
// commands go by that name only if they hear of it.
void tell_name(Context& context, const services::Caller& caller, const std::string& name) {
  if (name != caller.name) {
    context.err << '[' << shown(name) << "] another process is the agent " << shown(caller.name)
                << "; this one goes by " << shown(name) << std::endl;
  } else if (caller.source == services::Caller::Source::terminal) {
    context.err << '[' << shown(name) << "] nothing says who you are, so this terminal's name is "
                << "taken. To keep it: export SYN_IDENTITY=" << base::shell_quoted(shown(name))
                << std::endl;
  }
}

int run(Context& real_context, const McpArguments& options) {
  Context context = speaking_aside(real_context);
  Result<std::optional<synapse::mcp::HttpOptions>> http = http_options(context, options);
  if (!http) return explain_usage(context, http.error());
  const Result<services::Caller> caller = claimant_of(context, options.connection);
  if (!caller) return explain_usage(context, caller.error());
  Result<AgentOptions> settings = agent_options_for(context, options.connection, *caller);
  if (!settings) return explain_usage(context, settings.error());
  // Of a host's session, which is the agent itself, it is one more connection.
  const bool is_beside = caller->source == services::Caller::Source::session;
  settings->kind = is_beside ? AgentOptions::Kind::command : AgentOptions::Kind::agent;
  if (std::error_code error;
      !std::filesystem::is_directory(context.folder / options.folder, error)) {
    return explain_usage(context, fail(ErrorCode::bad_argument,
                                       "--folder " + shown(options.folder) + " is no folder"));
  }
  settings->request_timeout = to_milliseconds(options.request_timeout);

  std::vector<int> signals{SIGINT, SIGTERM, SIGHUP};
  // A write to a starter that is gone is then an error and no end.
  if (!*http) signals.push_back(SIGPIPE);
  const auto watch = context.signals.watch(signals);
  synapse::mcp::BridgeOptions bridge;
  bridge.agent = *settings;
  bridge.resolve_scope = scope_resolver(context, options);
  bridge.lease_ttl = std::chrono::ceil<std::chrono::seconds>(to_milliseconds(options.lease_ttl));
  if (options.exact_name) bridge.name = synapse::mcp::BridgeOptions::Name::exact;
  int code = exit_code::ok;
  if (*http) {
    code = serve_all(real_context, *watch, bridge, *std::move(*http));
  } else {
    bridge.seated = [&context, caller = *caller](const std::string& name) {
      tell_name(context, caller, name);
    };
    // Of a host's session there is but one agent, and of an exact name too.
    const bool is_known = is_beside || options.exact_name;
    code =
        serve_starter(context, *watch, options, bridge, is_known ? settings->name : std::string());
  }
  // One that stayed in the watch would end the process when the watch does.
  while (watch->take()) continue;
  return code;
}

void add_http_options(OptionSet& set, McpArguments& options) {
  set.heading("Over HTTP");
  set.text({"--http", "HOST:PORT", "serve all who connect there, in place of stdin and stdout"},
           options.http);
  set.text({"--http-token", "TOKEN",
            "what they must present as a bearer token; other users can see it in the list of "
            "processes, so prefer a file"},
           options.http_token.token);
  set.text({"--http-token-file", "FILE", "file with that token, readable by its owner only"},
           options.http_token.file);
  set.text({"--tokens", "FILE",
            "file with a line TOKEN NAME[,NAME...] for each client: who shows the token goes by "
            "that name"},
           options.tokens_file);
  set.text({"--tls-cert", "FILE", "serve https with this certificate chain (PEM)"},
           options.tls_cert);
  set.text({"--tls-key", "FILE", "its private key (PEM), readable by its owner only"},
           options.tls_key);
  set.list({"--allow-origin", "ORIGIN", "let pages of this origin connect too (repeatable)"},
           options.allowed_origins);
  set.flag("--insecure-off-loopback", options.insecure_off_loopback,
           "listen on other than loopback addresses without a token");
  set.integer({"--max-sessions", "COUNT", "sessions at a time"}, options.max_sessions,
              {1, 100'000});
  set.number({"--session-idle", "SECONDS", "how long a session lives that nobody uses"},
             options.session_idle, {1, 30 * 86'400});
}

}  // namespace

Runner mcp(OptionSet& set) {
  auto options = std::make_shared<McpArguments>();
  set.number({"--request-timeout", "SECONDS", "how long a tool call waits for the hub"},
             options->request_timeout, {0.001, 86'400});
  set.number({"--ttl", "SECONDS", "length of leases, which are renewed while the session lives"},
             options->lease_ttl, {30, 30 * 86'400});
  set.text({"--folder", "DIR", "where paths are taken from [the folder it is started in]"},
           options->folder);
  set.text({"--worktree", "TEXT", "what paths are of [the git top level]"}, options->worktree);
  set.flag("--exact-name", options->exact_name,
           "take the name as it is or none: not NAME-2 where another process has it");
  set.choice({"--at-end", "WHAT", "what becomes of leases when the client ends: release or keep"},
             options->at_end, {"release", "keep"});
  add_http_options(set, *options);
  add_claiming_options(set, options->connection);
  set.example("claude mcp add synapse -- synapse mcp --name shop/claude");
  set.example("synapse mcp --name shop/agents --http 127.0.0.1:8878");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
