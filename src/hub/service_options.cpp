// SPDX-License-Identifier: AGPL-3.0-or-later
#include "hub/service_options.hpp"

#include <malloc.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>
#include <thread>

#include "net/http_rules.hpp"
#include "net/unix_socket.hpp"

namespace synapse::hub {

namespace {

std::string draw_hub_id() {
  std::random_device random;
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "syn-%08x", static_cast<unsigned>(random()));
  return text.data();
}

}  // namespace

EngineOptions engine_options(const RunOptions& options) {
  EngineOptions engine;
  engine.hub_id = options.hub_id.empty() ? draw_hub_id() : options.hub_id;
  engine.door.tokens = net::TokenGate(options.token.value_or(""), options.tokens);
  engine.door.operator_token = options.operator_token;
  engine.limits.claims_per_agent = options.max_claims_per_agent;
  engine.limits.offers_per_agent = options.max_offers_per_agent;
  engine.limits.paths_per_claim = options.max_paths_per_claim;
  engine.limits.history_max = options.max_history;
  engine.limits.answers_max = options.max_idempotency_keys;
  engine.limits.mailbox_messages_max = options.mailbox_messages;
  engine.limits.mailbox_bytes_max = options.mailbox_bytes;
  engine.hooks.idle = base::from_seconds(options.hook_idle);
  constexpr double day = 86'400;
  engine.limits.mailbox_ttl =
      std::chrono::seconds(static_cast<std::int64_t>(options.mailbox_days * day));
  // A lease has four texts, each of which may fill a frame, and is written with escapes.
  engine.limits.record_bytes_max =
      std::max(engine.limits.record_bytes_max, 16 * options.max_msg_kb * 1024);
  engine.door.sockets.clients_max = options.max_clients;
  engine.door.sockets.unauthenticated_max =
      options.max_unauth_clients.value_or(std::max<std::size_t>(1, options.max_clients / 4));
  engine.door.sockets.per_host_max = options.max_connections_per_host;
  engine.limits.takeover_cooldown = base::from_seconds(options.takeover_cooldown);
  engine.door.auth_timeout = std::chrono::duration_cast<std::chrono::milliseconds>(
      base::from_seconds(options.auth_timeout));
  if (!options.cluster.empty()) engine.door.peer_machines = PeerMachines::one;
  if (options.no_peer_uid) engine.door.peer_users = PeerUsers::ignored;
  // Several snapshots, and broadcasts beside them, may wait in one outbox.
  constexpr std::size_t snapshot_bytes_min = 64UL << 10U;
  engine.snapshot_bytes_max = std::max(options.outbox_kb * 1024 / 4, snapshot_bytes_min);
  engine.door.rate = options.rate;
  engine.door.burst = options.burst;
  engine.door.host_rate = options.host_rate;
  engine.door.host_burst = options.host_burst;
  return engine;
}

unsigned thread_count(const RunOptions& options) {
  if (options.threads != 0) return options.threads;
  // The cores that this process may run on, and not all that there are: a thread more than that is
  // only in the others' way.
  cpu_set_t cores;
  CPU_ZERO(&cores);
  const bool is_known = sched_getaffinity(0, sizeof cores, &cores) == 0;
  constexpr unsigned threads_max = 4;
  const unsigned count =
      is_known ? static_cast<unsigned>(CPU_COUNT(&cores)) : std::thread::hardware_concurrency();
  return std::clamp(count, 1U, threads_max);
}

LogOptions log_options(const RunOptions& options) {
  return {*options.db, options.compact_hint_threshold, options.accept_loss};
}

store::CompactorOptions compactor_options(const RunOptions& options) {
  store::CompactorOptions compactor;
  compactor.file = *options.db;
  compactor.bytes_max = options.compact_at;
  compactor.keep_history = options.keep_history;
  compactor.limits = engine_options(options).limits;
  // The allocator would keep for its thread what the next compaction needs, minutes later.
  if (options.owns_process) compactor.tidy_up = [] { malloc_trim(0); };
  return compactor;
}

bool serves_page(const RunOptions& options) {
  if (options.page != RunOptions::Page::automatic) return options.page == RunOptions::Page::on;
  return net::is_loopback(options.host) || options.is_guarded();
}

net::ServerOptions server_options(const RunOptions& options) {
  net::ServerOptions server;
  server.http.host = options.host;
  server.http.port = options.port;
  server.http.tls_cert = options.tls_cert;
  server.http.tls_key = options.tls_key;
  server.http.body_bytes_max = wire::hook_bytes_max;
  server.http.body_target = "/hook";
  // Of sockets that are none of a client's yet; a fleet that starts connects all at once.
  server.http.connections_max = options.max_clients + 1024;
  server.http.idle_timeout = std::chrono::seconds(10);
  server.message_bytes_max = options.max_msg_kb * 1024;
  server.outbox.bytes_max = options.outbox_kb * 1024;
  return server;
}

HttpOptions http_options(const RunOptions& options) {
  return {options.metrics, options.metrics_token.value_or(""), options.metrics_query_token_ok};
}

std::optional<net::HttpResponse> refuse_sender(const RunOptions& options,
                                               const net::HttpRequest& request) {
  if (request.peer.is_unix && request.peer.user != geteuid()) {
    return net::plain_response(403, "this socket is for processes of the hub's own user");
  }
  const Result<> allowed =
      net::check_sender(request, {net::is_loopback(options.host), options.allowed_origins});
  if (allowed) return std::nullopt;
  return net::plain_response(403, allowed.error().message);
}

std::string own_url(const RunOptions& options, std::uint16_t port) {
  const bool is_v6 = options.host.find(':') != std::string::npos;
  return (options.tls_cert.empty() ? "ws://" : "wss://") +
         (is_v6 ? "[" + options.host + "]" : options.host) + ":" + std::to_string(port);
}

std::string socket_path(const RunOptions& options, std::uint16_t port) {
  if (!options.socket) return "";
  return options.socket->empty() ? net::default_socket_path(port) : *options.socket;
}

store::Say say_to(const Logger& logger) {
  return [&logger](store::Severity severity, const std::string& sentence) {
    switch (severity) {
      case store::Severity::info:
        return logger.info(sentence);
      case store::Severity::warning:
        return logger.warning(sentence);
      case store::Severity::error:
        return logger.error(sentence);
    }
  };
}

void copy_commit_metrics(const store::CommitStats& stats, Metrics& metrics) {
  metrics.commits = stats.commits();
  metrics.events = stats.events();
  metrics.commit_seconds.set(stats.histogram(), stats.seconds());
}

}  // namespace synapse::hub
