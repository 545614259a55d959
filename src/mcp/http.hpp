// SPDX-License-Identifier: AGPL-3.0-or-later
// MCP over Streamable HTTP: many clients of one server, each an agent of its own on the bus. How a
// server that nobody starts as a child serves several assistants.
//
// The caller's thread runs everything but the clients' bridges, which have a thread each and post
// what they have to tell: so a call that takes its time holds up no other client. Whatever a client
// does is bounded: its messages, its sessions, what it does not read, and the time it takes.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "mcp/bridge.hpp"
#include "mcp/http_endpoint.hpp"

namespace synapse::mcp {

struct HttpOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: a free one.
  int stop = -1;           // Readable: end now, finish nothing.
  std::string tls_cert;    // PEM files; both blank: no TLS.
  std::string tls_key;
  std::string session_key;  // The same in each run, for sessions to outlive one; blank: none does.
  HttpEndpointOptions endpoint;
  // Told where it listens, once it does.
  std::function<void(const std::string& url)> on_listening = [](const std::string&) {};
};

// Returns when it is stopped. The agent of a client that says no name goes by `bridge`'s, or by the
// next that is free. Errors: bad_argument, io_error, tls_failed: it could not begin.
[[nodiscard]] Result<> serve_http(const BridgeOptions& bridge, const base::Clock& clock,
                                  HttpOptions options);

}  // namespace synapse::mcp
