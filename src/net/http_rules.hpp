// SPDX-License-Identifier: AGPL-3.0-or-later
// What every HTTP server here decides by a request's headers alone: who may speak to it, and
// whether it asks for a WebSocket. Written once, so that no server is more lenient than the others.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "net/http_message.hpp"

namespace synapse::net {

// localhost, 127.0.0.1 and ::1.
[[nodiscard]] bool is_loopback(std::string_view host);
// The host of `host:port` or `[v6]:port`, in lower case; blank for what is neither.
[[nodiscard]] std::string host_of_authority(std::string_view authority);
// A Content-Type, or one range of an Accept, without its parameters and in lower case.
[[nodiscard]] std::string media_type(std::string_view text);

// Whom a server answers.
struct HttpDoor {
  bool is_on_loopback = true;                // Then a foreign Host is refused.
  std::vector<std::string> allowed_origins;  // Beside the server's own.
};

// auth_denied for a request that a foreign page sent (Origin), or that was sent to a foreign name
// (Host, which guards a server on loopback against names that are made to resolve to it).
[[nodiscard]] Result<> check_sender(const HttpRequest& request, const HttpDoor& door);
// The bearer token of the request (RFC 6750, 2.1); blank: it has none.
[[nodiscard]] std::string_view bearer_token(const HttpRequest& request);
// Whether the request has the token as its bearer token, or there is none.
[[nodiscard]] bool is_authorized(const HttpRequest& request, std::string_view token);

// Whether the request wants to become a WebSocket (RFC 6455, 4.2.1); and why it can't.
[[nodiscard]] bool wants_websocket(const HttpRequest& request);
[[nodiscard]] std::optional<HttpResponse> refused_websocket(const HttpRequest& request);

}  // namespace synapse::net
