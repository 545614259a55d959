// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/run.hpp"

#include "base/strings.hpp"
#include "cli/args/quantity.hpp"
#include "cli/client/connection.hpp"
#include "cli/client/token.hpp"
#include "cli/commands/commands.hpp"
#include "cluster/address.hpp"
#include "net/http_rules.hpp"
#include "net/uri.hpp"

namespace synapse::cli::commands {

namespace {

struct HubArguments {
  hub::RunOptions hub;
  std::string socket;
  bool no_socket = false;
  bool page = false;
  bool no_page = false;
  std::string compact_at;
  std::string keep_history = "7d";
  std::string hook_idle = "30m";
  std::string mailbox_bytes;
  TokenOptions token;
  std::optional<std::string> tokens_file;
  TokenOptions operator_token;
  std::size_t log_format = static_cast<std::size_t>(hub::LogFormat::text);
  std::size_t log_level = static_cast<std::size_t>(hub::LogLevel::info);
};

constexpr NumberRange seconds{0, 86'400};
constexpr NumberRange per_second{0, 1e9};

void add_door_options(OptionSet& set, HubArguments& options) {
  hub::RunOptions& hub = options.hub;
  set.text({"--host", "HOST", "address to listen on; localhost is 127.0.0.1 and ::1"}, hub.host);
  set.integer({"--port", "PORT", "port to listen on; 0: any that is free"}, hub.port, {0, 65'535});
  set.text(
      {"--socket", "PATH", "Unix socket to listen at too [$XDG_RUNTIME_DIR/synapse/PORT.sock]"},
      options.socket);
  set.flag("--no-socket", options.no_socket, "listen at no Unix socket");
  set.text({"--tls-cert", "FILE", "serve wss:// with this certificate chain (PEM)"}, hub.tls_cert);
  set.text({"--tls-key", "FILE", "its private key (PEM), readable by its owner only"}, hub.tls_key);
  set.list({"--allow-origin", "ORIGIN", "let pages of this origin connect too (repeatable)"},
           hub.allowed_origins);
  set.flag("--insecure-off-loopback", hub.insecure_off_loopback,
           "listen on other than loopback addresses without a token");
  set.heading("Who may connect");
  add_token_options(set, options.token);
  set.text({"--tokens", "FILE",
            "file with a line for each token and the names that its holder may go by, `TOKEN "
            "NAME[,NAME...]`; a name that ends in * is every name that begins so"},
           options.tokens_file);
  add_operator_options(set, options.operator_token,
                       "what people show beside the token, on the page, to act for agents");
  set.number({"--auth-timeout", "SECONDS", "to present the token"}, hub.auth_timeout,
             {0.001, 86'400});
  set.number({"--takeover-cooldown", "SECONDS", "before a name can be taken over again"},
             hub.takeover_cooldown, seconds);
  set.integer({"--max-clients", "COUNT", "sockets"}, hub.max_clients);
  set.integer({"--max-unauth-clients", "COUNT",
               "sockets that have not presented the token yet [a quarter of --max-clients]"},
              hub.max_unauth_clients);
  set.integer({"--max-connections-per-host", "COUNT", "sockets of one remote host; 0: any number"},
              hub.max_connections_per_host, {0, 1'000'000'000});
  set.flag("--no-peer-uid", hub.no_peer_uid,
           "tell clients apart by machine alone, not by login: behind a proxy or a tunnel");
}

void add_file_options(OptionSet& set, HubArguments& options) {
  hub::RunOptions& hub = options.hub;
  set.heading("What it keeps and writes");
  set.text({"--db", "FILE", "keep an event log here: nothing that was granted is ever lost"},
           hub.db);
  set.integer({"--compact-hint-threshold", "COUNT", "events in the log before it says so"},
              hub.compact_hint_threshold);
  set.text({"--compact-at", "SIZE",
            "compact the log by itself when it holds so much, as 500M or 2G [never]"},
           options.compact_at);
  set.text({"--keep-history", "DURATION", "leave events of the log that are younger alone then"},
           options.keep_history);
  set.text({"--hook-idle", "DURATION", "how long a host's session is online after its last hook"},
           options.hook_idle);
  set.flag("--accept-loss", hub.accept_loss,
           "start though the newest part of the log is damaged, without what is lost");
  set.text({"--relay-log", "FILE", "mirror every broadcast into this file"}, hub.relay_log);
  set.integer({"--relay-max-lines", "COUNT", "cut that file back to so many"}, hub.relay_max_lines);
  set.choice({"--log-format", "FORMAT", "of its own messages on stderr: text or json"},
             options.log_format, {"text", "json"});
  set.choice({"--log-level", "LEVEL", "the least of them: DEBUG, INFO, WARNING, ERROR, CRITICAL"},
             options.log_level, {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"});
  set.heading("Page and metrics");
  set.flag("--page", options.page,
           "serve a page that shows the bus at GET / [on loopback, or with a token]");
  set.flag("--no-page", options.no_page, "serve no page");
  set.flag("--metrics", hub.metrics, "serve /metrics and /health on the same port");
  set.text({"--metrics-token", "TOKEN", "what a scraper must present as a bearer token"},
           hub.metrics_token);
  set.flag("--metrics-query-token-ok", hub.metrics_query_token_ok,
           "take that token as ?token= too; it then shows in logs of proxies");
}

void add_cluster_options(OptionSet& set, hub::RunOptions& hub) {
  set.heading("Several hubs, one bus");
  set.text({"--cluster", "ADDRESS",
            "share a bus with other hubs: etcd://HOST:2379[,HOST:2379...]/BUS, or etcds://"},
           hub.cluster);
  set.text({"--advertise", "URI", "where others reach this hub [where it listens, on loopback]"},
           hub.advertise);
  set.text({"--cluster-ca", "FILE", "roots that etcd's certificates are checked against (PEM)"},
           hub.cluster_ca);
  set.text({"--cluster-cert", "FILE", "what the hub shows etcd of itself (PEM)"}, hub.cluster_cert);
  set.text({"--cluster-key", "FILE", "its private key (PEM)"}, hub.cluster_key);
  set.text({"--cluster-user", "USER", "etcd's user; the password is $SYNAPSE_CLUSTER_PASSWORD"},
           hub.cluster_user);
}

// Why the options of a cluster don't fit together.
Result<> check_cluster(const hub::RunOptions& hub) {
  const auto wrong = [](const std::string& why) { return fail(ErrorCode::bad_argument, why); };
  if (hub.cluster.empty()) {
    for (const auto& [name, value] :
         {std::pair{"--advertise", &hub.advertise}, std::pair{"--cluster-ca", &hub.cluster_ca},
          std::pair{"--cluster-cert", &hub.cluster_cert},
          std::pair{"--cluster-key", &hub.cluster_key},
          std::pair{"--cluster-user", &hub.cluster_user}}) {
      if (!value->empty()) return wrong(std::string(name) + " is for a hub with --cluster");
    }
    return {};
  }
  if (const auto address = cluster::parse_address(hub.cluster); !address) {
    return wrong("--cluster: " + address.error().message);
  }
  if (!hub.db) return wrong("--cluster needs --db FILE");
  if (hub.cluster_cert.empty() != hub.cluster_key.empty()) {
    return wrong("--cluster-cert and --cluster-key go together");
  }
  if (hub.compact_at != 0) return wrong("--compact-at is for a hub that is alone");
  if (!hub.advertise.empty()) {
    if (const auto uri = net::parse_uri(hub.advertise); !uri) {
      return wrong("--advertise: " + uri.error().message);
    }
  } else if (!net::is_loopback(hub.host)) {
    return wrong("--cluster needs --advertise URI where the hub listens off loopback");
  }
  return {};
}

void add_limit_options(OptionSet& set, HubArguments& options) {
  hub::RunOptions& hub = options.hub;
  set.heading("Limits");
  set.number({"--rate", "COUNT", "messages a second of one agent; 0: any number"}, hub.rate,
             per_second);
  set.number({"--burst", "COUNT", "messages above that rate at once"}, hub.burst, {1, 1e9});
  set.number({"--host-rate", "COUNT", "frames a second of one host; 0: any number"}, hub.host_rate,
             per_second);
  set.number({"--host-burst", "COUNT", "frames above that rate at once"}, hub.host_burst, {1, 1e9});
  set.integer({"--max-msg-kb", "KIB", "size of a frame"}, hub.max_msg_kb, {1, 1'048'576});
  set.integer({"--outbox-kb", "KIB", "what may wait for one slow reader before it is dropped"},
              hub.outbox_kb, {64, 16'777'216});
  set.integer({"--max-history", "COUNT", "chat messages kept"}, hub.max_history);
  set.integer({"--max-claims-per-agent", "COUNT", "live claims of one agent"},
              hub.max_claims_per_agent);
  set.integer({"--max-offers-per-agent", "COUNT", "resource offers of one agent"},
              hub.max_offers_per_agent);
  set.integer({"--max-paths-per-claim", "COUNT", "paths before a claim takes the whole worktree"},
              hub.max_paths_per_claim);
  set.integer({"--max-idempotency-keys", "COUNT", "answers kept for requests sent again"},
              hub.max_idempotency_keys);
  set.integer({"--mailbox-messages", "COUNT", "messages that wait unseen for one agent"},
              hub.mailbox_messages, {1, 1'000'000});
  set.text({"--mailbox-bytes", "SIZE", "what they take together, as 4M [4M]"},
           options.mailbox_bytes);
  set.number({"--mailbox-days", "DAYS", "how long they wait"}, hub.mailbox_days, {0.001, 3650});
  set.integer({"--threads", "COUNT", "for connections; 0: one a core, at most 4"}, hub.threads,
              {0, 256});
  set.text({"--hub-id", "ID", "what it calls itself in each frame [drawn at start]"}, hub.hub_id);
}

// An option that is there but blank comes from a variable that was not set: a hub without the log
// or the token that its owner believes it has.
std::optional<std::string_view> blank_option(const HubArguments& options) {
  const auto is_blank = [](const std::optional<std::string>& text) {
    return text && base::trim(*text).empty();
  };
  if (is_blank(options.token.token)) return "--token";
  if (is_blank(options.operator_token.token)) return "--operator-token";
  if (is_blank(options.hub.metrics_token)) return "--metrics-token";
  if (is_blank(options.hub.db)) return "--db";
  if (is_blank(options.hub.relay_log)) return "--relay-log";
  return std::nullopt;
}

// What of the options has yet to be read.
Result<> read_amounts(const HubArguments& options, hub::RunOptions& hub) {
  if (!options.compact_at.empty()) {
    const Result<std::uint64_t> size = parse_size(options.compact_at);
    if (!size) return fail(ErrorCode::bad_argument, "--compact-at: " + size.error().message);
    hub.compact_at = *size;
  }
  if (!options.mailbox_bytes.empty()) {
    const Result<std::uint64_t> size = parse_size(options.mailbox_bytes);
    if (!size) {
      return fail(ErrorCode::bad_argument, "--mailbox-bytes: " + size.error().message);
    }
    hub.mailbox_bytes = *size;
  }
  const Result<double> history = parse_duration(options.keep_history);
  if (!history) {
    return fail(ErrorCode::bad_argument, "--keep-history: " + history.error().message);
  }
  hub.keep_history = *history;
  const Result<double> idle = parse_duration(options.hook_idle);
  if (!idle || *idle < 1) {
    return fail(ErrorCode::bad_argument,
                "--hook-idle: " + (idle ? "a second at least" : idle.error().message));
  }
  hub.hook_idle = *idle;
  return {};
}

// The tokens that a hub asks for.
Result<> read_tokens(const Context& context, const HubArguments& options, hub::RunOptions& hub) {
  Result<std::string> token = find_token(context, options.token);
  if (!token) return token.error();
  Result<net::TokenBook> book = read_token_book(options.tokens_file);
  if (!book) return book.error();
  Result<std::string> of_operators = find_operator_token(context, options.operator_token);
  if (!of_operators) return of_operators.error();
  // An agent that knows the operators' token could do what operators do.
  if (!of_operators->empty() && (*of_operators == *token || book->find(*of_operators) != nullptr)) {
    return fail(ErrorCode::bad_argument,
                "the operators' token is one that agents have too; choose another");
  }
  if (!token->empty()) hub.token = *std::move(token);
  hub.tokens = *std::move(book);
  hub.operator_token = *std::move(of_operators);
  return {};
}

int run(Context& context, const HubArguments& options) {
  hub::RunOptions hub = options.hub;
  if (const Result<> read = read_amounts(options, hub); !read) {
    return explain_usage(context, read.error());
  }
  if (const std::optional<std::string_view> blank = blank_option(options)) {
    return explain_usage(context, fail(ErrorCode::bad_argument, std::string(*blank) + " is blank"));
  }
  if (hub.tls_cert.empty() != hub.tls_key.empty()) {
    return explain_usage(context,
                         fail(ErrorCode::bad_argument, "--tls-cert and --tls-key go together"));
  }
  if (options.no_socket && !options.socket.empty()) {
    return explain_usage(
        context, fail(ErrorCode::bad_argument, "--socket and --no-socket exclude each other"));
  }
  if (options.no_page && options.page) {
    return explain_usage(context,
                         fail(ErrorCode::bad_argument, "--page and --no-page exclude each other"));
  }
  if (!options.no_socket) hub.socket = options.socket;
  if (const Result<> read = read_tokens(context, options, hub); !read) {
    return explain_usage(context, read.error());
  }
  if (options.page && !net::is_loopback(hub.host) && !hub.is_guarded()) {
    return explain_usage(context,
                         fail(ErrorCode::bad_argument,
                              "off loopback, --page needs a token: whoever reaches the page "
                              "would see all that agents do"));
  }
  hub.page = options.page      ? hub::RunOptions::Page::on
             : options.no_page ? hub::RunOptions::Page::off
                               : hub::RunOptions::Page::automatic;
  if (const Result<> fits = check_cluster(hub); !fits) return explain_usage(context, fits.error());
  hub.cluster_password = context.environment.get("SYNAPSE_CLUSTER_PASSWORD").value_or("");
  hub.log_format = static_cast<hub::LogFormat>(options.log_format);
  hub.log_level = static_cast<hub::LogLevel>(options.log_level);
  if (context.err_is_terminal && hub.log_format == hub::LogFormat::text) {
    hub.greeting =
        "Next, in another terminal: `synapse hooks install` in a repository of yours, or `synapse "
        "open` to see what happens. Ctrl-C stops the hub.";
  }
  return hub::run(hub, context.out, context.err);
}

}  // namespace

Runner hub(OptionSet& set) {
  auto options = std::make_shared<HubArguments>();
  add_door_options(set, *options);
  add_file_options(set, *options);
  add_cluster_options(set, options->hub);
  add_limit_options(set, *options);
  set.example("synapse hub --db ~/synapse/hub.db --relay-log ~/synapse/feed.ndjson");
  set.example("synapse hub --cluster etcd://a:2379,b:2379,c:2379/team --db ~/synapse/hub.db");
  set.example("synapse hub --host 0.0.0.0 --token-file ~/.token --tls-cert c --tls-key k");
  return runner(options, run);
}

}  // namespace synapse::cli::commands
