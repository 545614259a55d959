// SPDX-License-Identifier: AGPL-3.0-or-later
// MCP over Streamable HTTP: many clients of one server, on one path, each with a session of its
// own. How a server that nobody starts as a child serves several assistants.
//
// Single-threaded, as stdio is: the caller's thread runs everything but the bridge's own, which
// posts what it has to tell. Whatever a client does is bounded: its messages, its sessions, what it
// does not read, and the time it takes.
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
  HttpEndpointOptions endpoint;
  // Told where it listens, once it does.
  std::function<void(const std::string& url)> on_listening = [](const std::string&) {};
};

// Returns when it is stopped. Errors: bad_argument, io_error: it could not begin.
[[nodiscard]] Result<> serve_http(Bridge& bridge, const base::Clock& clock, HttpOptions options);

}  // namespace synapse::mcp
