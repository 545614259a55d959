// SPDX-License-Identifier: AGPL-3.0-or-later
// The A2A bridge, until a signal or the end of its connection to the hub.
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <csignal>
#include <optional>
#include <ostream>

#include "a2a/bridge.hpp"
#include "a2a/service.hpp"
#include "base/strings.hpp"
#include "cli/args/card_options.hpp"
#include "cli/client/connection.hpp"
#include "cli/commands/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/output/render.hpp"
#include "net/http_rules.hpp"

namespace synapse::cli::commands {

namespace {

struct A2aServeArguments {
  ConnectionOptions connection;
  AgentCardOptions card;
  TokenOptions token;
  std::string host = "127.0.0.1";
  std::uint16_t port = 8877;
  std::string target = "all";
  std::string state_file;
  std::string tls_cert;
  std::string tls_key;
  double task_timeout = 300;
  double subscribe_timeout = 0;
  bool insecure_off_loopback = false;
  bool wait_for_target = false;
};

Error usage(std::string why) { return fail(ErrorCode::bad_argument, std::move(why)); }

// The token that clients must show; blank: none.
Result<std::string> client_token(const Context& context, const A2aServeArguments& options) {
  if (!options.card.bearer_auth) {
    // It would protect nothing, though it looks as if it did.
    if (options.token.token || options.token.file) {
      return usage("a token for clients needs --bearer-auth, or it is asked of nobody");
    }
    return std::string();
  }
  if (!options.token.token && options.token.file) {
    return read_token_file(*options.token.file, "--a2a-token-file");
  }
  std::string token = base::trimmed(
      options.token.token.value_or(context.environment.get("SYNAPSE_A2A_TOKEN").value_or("")));
  if (token.empty()) {
    return usage("--bearer-auth needs a token: --a2a-token-file FILE or $SYNAPSE_A2A_TOKEN");
  }
  return token;
}

Result<> check_place(Context& context, const A2aServeArguments& options) {
  if (net::is_loopback(options.host) || options.card.bearer_auth) return {};
  if (!options.insecure_off_loopback) {
    return usage("listening on " + shown(options.host) +
                 " without --bearer-auth would let anyone on the network give tasks to your "
                 "agents; set it and a token, or say --insecure-off-loopback");
  }
  context.err << "synapse a2a-serve: warning: anyone who reaches " << shown(options.host)
              << " can give tasks to your agents\n";
  return {};
}

a2a::BridgeOptions bridge_options(Context& context, const A2aServeArguments& options,
                                  const AgentOptions& agent, const a2a::CardOptions& card) {
  a2a::BridgeOptions bridge;
  bridge.agent = agent;
  bridge.target = base::trimmed(options.target);
  if (bridge.target.empty()) bridge.target = "all";
  if (options.wait_for_target) bridge.absent = a2a::BridgeOptions::Absent::wait;
  bridge.card = card;
  bridge.card.is_served = true;
  if (options.task_timeout > 0) {
    bridge.limits.task_timeout = base::from_seconds(options.task_timeout);
  }
  if (options.subscribe_timeout > 0) {
    bridge.subscribe_timeout = base::from_seconds(options.subscribe_timeout);
  }
  if (!options.state_file.empty()) bridge.state_file = context.folder / options.state_file;
  bridge.tell = [&context, name = shown(agent.name)](const std::string& line) {
    context.err << '[' << name << "] " << shown(line) << std::endl;
  };
  return bridge;
}

int serve(Context& context, const A2aServeArguments& options, const AgentOptions& agent,
          a2a::BridgeOptions bridge_settings, const std::string& token) {
  boost::asio::io_context io{1};
  std::optional<Error> end;
  bridge_settings.ended = [&io, &end](const Error& why) {
    end = why;
    io.stop();
  };
  const std::string endpoint_url = bridge_settings.card.endpoint_url;
  a2a::Bridge bridge(io, std::move(bridge_settings), context.clock);
  if (const Result<> loaded = bridge.load(); !loaded) {
    context.err << '[' << shown(agent.name) << "] " << shown(loaded.error().message) << '\n';
    return exit_code::failed;
  }
  const auto watch = context.signals.watch({SIGINT, SIGTERM, SIGHUP});
  {
    OnSignal stop(*watch, [&bridge] { bridge.stop_connecting(); });
    const Result<> connected = bridge.connect();
    if (stop.end()) return exit_code::ok;
    if (!connected) return explain_failure(context, agent, connected.error());
  }
  a2a::ServiceOptions service_options;
  service_options.server.host = options.host;
  service_options.server.port = options.port;
  service_options.server.tls_cert = options.tls_cert;
  service_options.server.tls_key = options.tls_key;
  service_options.token = token;
  service_options.endpoint_url = endpoint_url;
  a2a::Service service(io, service_options, bridge);
  if (const Result<> started = service.start(); !started) {
    context.err << '[' << shown(agent.name) << "] " << shown(started.error().message) << '\n';
    return exit_code::failed;
  }
  context.out << '[' << shown(agent.name) << "] A2A bridge listening on "
              << (options.tls_cert.empty() ? "http://" : "https://")
              << (options.host.find(':') == std::string::npos ? options.host
                                                              : "[" + options.host + "]")
              << ':' << service.port() << std::endl;
  OnSignal stop(*watch, [&] {
    boost::asio::post(io, [&] {
      // Streams end before their connections do.
      bridge.stop();
      service.stop();
    });
  });
  io.run();
  stop.end();
  if (!end) return exit_code::ok;
  context.err << '[' << shown(agent.name)
              << "] the connection to the hub is gone for good: " << shown(end->message) << '\n';
  return exit_code::failed;
}

int run(Context& context, const A2aServeArguments& options) {
  const Result<a2a::CardOptions> card = card_options(options.card);
  if (!card) return explain_usage(context, card.error());
  if (options.tls_cert.empty() != options.tls_key.empty()) {
    return explain_usage(context, usage("--tls-cert and --tls-key go together"));
  }
  const Result<std::string> token = client_token(context, options);
  if (!token) return explain_usage(context, token.error());
  if (const Result<> safe = check_place(context, options); !safe) {
    return explain_usage(context, safe.error());
  }
  Result<AgentOptions> agent = agent_options(context, options.connection);
  if (!agent) return explain_usage(context, agent.error());
  agent->kind = AgentOptions::Kind::agent;
  return serve(context, options, *agent, bridge_options(context, options, *agent, *card), *token);
}

}  // namespace

Runner a2a_serve(OptionSet& set) {
  auto options = std::make_shared<A2aServeArguments>();
  options->connection.role = "A2A-BRIDGE";
  set.text({"--host", "HOST", "address to listen on"}, options->host);
  set.integer({"--port", "PORT", "port to listen on; 0: one that is free"}, options->port,
              {0, 65'535});
  set.text({"--target", "NAMES", "who gets messages that name nobody"}, options->target);
  set.flag("--wait-for-target", options->wait_for_target,
           "keep a task open whose target is not online, in place of failing it at once");
  add_card_options(set, options->card);
  set.text({"--a2a-token", "TOKEN",
            "what clients must show; other users can see it in the list of processes, so prefer a "
            "file or $SYNAPSE_A2A_TOKEN"},
           options->token.token);
  set.text({"--a2a-token-file", "FILE", "file with that token, readable by its owner only"},
           options->token.file);
  set.text({"--tls-cert", "FILE", "serve https with this certificate chain (PEM)"},
           options->tls_cert);
  set.text({"--tls-key", "FILE", "its private key (PEM), readable by its owner only"},
           options->tls_key);
  set.flag("--insecure-off-loopback", options->insecure_off_loopback,
           "listen on the network without asking clients for a token");
  set.text({"--state-file", "FILE", "keep tasks over a restart"}, options->state_file);
  set.number({"--task-timeout", "SECONDS", "a task without an answer fails then; 0: never"},
             options->task_timeout, {0, 30 * 86'400});
  set.number({"--subscribe-timeout", "SECONDS",
              "end of a subscription; 0: that of the task or of the client"},
             options->subscribe_timeout, {0, 30 * 86'400});
  add_connection_options(set, options->connection);
  set.example("synapse a2a-serve --endpoint-url http://127.0.0.1:8877 --target shop/coder");
  set.example(
      "synapse a2a-serve --endpoint-url https://agents.example.com/a2a \\\n"
      "    --host 0.0.0.0 --bearer-auth --a2a-token-file ~/.a2a-token \\\n"
      "    --state-file ~/.a2a-state.json");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
