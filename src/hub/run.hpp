// SPDX-License-Identifier: AGPL-3.0-or-later
// What `synapse hub` is told, and the call that runs a hub until a signal stops it.
//
// The command line fills RunOptions and has checked each value by itself: numbers are finite and in
// their ranges, TLS files come in pairs. What takes more than one value to judge (exposure) or the
// machine to find out (files, ports) is run()'s to refuse. A rate or a cap of 0 means none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "net/token_book.hpp"

namespace synapse::hub {

enum class LogFormat { text, json };
enum class LogLevel { debug, info, warning, error, critical };

struct RunOptions {
  // Where it listens.
  std::string host = "localhost";
  std::uint16_t port = 8876;  // 0: any free one.
  // The Unix socket beside it; nothing: none. Blank: $XDG_RUNTIME_DIR/synapse/PORT.sock, where
  // there is such a folder.
  std::optional<std::string> socket;
  std::string tls_cert;  // PEM files, both or none.
  std::string tls_key;
  std::vector<std::string> allowed_origins;
  bool insecure_off_loopback = false;
  unsigned threads = 0;  // I/O threads; 0: the cores, at most 4.
  std::string hub_id;    // Blank: drawn at start-up.
  // Whether the process is this hub's alone, whose allocator it may then tell to give memory back.
  bool owns_process = true;

  // The bus that it shares with other hubs, etcd://HOST:2379[,…]/BUS; blank: it is alone. Needs a
  // db.
  std::string cluster;
  std::string advertise;   // Where agents and other hubs reach it; blank: where it listens.
  std::string cluster_ca;  // PEM files.
  std::string cluster_cert;
  std::string cluster_key;
  std::string cluster_user;
  std::string cluster_password;
  // Of the log's time, between the snapshots by which hubs compare their states and a late one
  // joins: the same at all hubs of a bus.
  double cluster_snapshot_every = 30;  // Seconds.

  // A line for people, on stderr once it serves; blank: none.
  std::string greeting;

  // What it writes.
  std::optional<std::string> db;
  std::size_t compact_hint_threshold = 100'000;
  std::uint64_t compact_at = 0;      // Bytes of the log before the hub compacts it; 0: never.
  double keep_history = 7 * 86'400;  // Seconds of the log that it leaves alone then.
  double hook_idle = 1800;   // Seconds after which a host's session that is silent has gone.
  bool accept_loss = false;  // Starts though the log's newest part is damaged, without it.
  std::optional<std::string> relay_log;
  std::size_t relay_max_lines = 5000;
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;

  // Whom it lets in.
  std::optional<std::string> token;  // That all may know.
  net::TokenBook tokens;             // That are bound to names.
  std::string operator_token;        // That operators show too; blank: there are none.
  [[nodiscard]] bool is_guarded() const { return !token.value_or("").empty() || !tokens.empty(); }
  double auth_timeout = 10;      // Seconds.
  double takeover_cooldown = 2;  // Seconds.
  std::size_t max_clients = 1024;
  std::optional<std::size_t> max_unauth_clients;  // Nothing: a quarter of max_clients.
  std::size_t max_connections_per_host = 0;
  bool no_peer_uid =
      false;  // A proxy or tunnel makes everybody one user: users are not told apart.

  // HTTP on the same port. The page: with `automatic` on loopback, and elsewhere with a token.
  enum class Page { off, automatic, on } page = Page::off;
  bool metrics = false;
  std::optional<std::string> metrics_token;
  bool metrics_query_token_ok = false;

  // Limits of what it takes and keeps.
  double rate = 0;  // Messages a second and agent.
  double burst = 20;
  double host_rate = 0;  // Frames a second and host.
  double host_burst = 40;
  std::size_t max_msg_kb = 1024;
  std::size_t outbox_kb = 32'768;  // Bytes waiting for one slow reader before it is closed.
  std::size_t max_history = 10'000;
  std::size_t max_claims_per_agent = 128;
  std::size_t max_offers_per_agent = 64;
  std::size_t max_paths_per_claim = 512;
  std::size_t max_idempotency_keys = 1024;
  // Of one mailbox, of what is not seen.
  std::size_t mailbox_messages = 1000;
  std::uint64_t mailbox_bytes = 4ULL << 20U;
  double mailbox_days = 7;
};

// Runs a hub until SIGINT or SIGTERM, and returns the exit code: 0 stopped cleanly, 2 the bind is
// refused as unsafe, 1 anything else. Messages for people go to `err`, through the log.
[[nodiscard]] int run(const RunOptions& options, std::ostream& out, std::ostream& err);

}  // namespace synapse::hub
