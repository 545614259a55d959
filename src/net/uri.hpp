// SPDX-License-Identifier: AGPL-3.0-or-later
// Addresses of servers: ws:// and wss://, as RFC 6455, section 3, has them, and http:// and
// https://. A server on this machine may have a Unix socket: unix:PATH.
//
// User information is refused rather than ignored: a password in a URI ends up in process lists and
// logs. For the same reason no error here repeats the text that it is about.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace synapse::net {

struct Uri {
  enum class Scheme { ws, wss, http, https };

  Scheme scheme = Scheme::ws;
  std::string host;  // A name or an address; an IPv6 address without its brackets.
  std::uint16_t port = 80;
  std::string target = "/";  // The path, and the query if there is one.
  // Of unix:PATH, where the Unix socket lies: it speaks ws, and answers to localhost. Blank: TCP.
  std::string socket;

  // As a Host header has it: an IPv6 address in brackets, the port unless it is the scheme's own.
  [[nodiscard]] std::string authority() const;
};

// Of a WebSocket server, or unix:PATH with an absolute path. The port is 80 for ws and 443 for wss
// when it is not given. Errors: bad_argument.
[[nodiscard]] Result<Uri> parse_uri(std::string_view text);
// Of the servers of a cluster, one after the other with commas between them: the first is asked
// first. At least one, and 16 at most. Errors: bad_argument.
[[nodiscard]] Result<std::vector<Uri>> parse_uris(std::string_view text);
// As parse_uri(), for http and https.
[[nodiscard]] Result<Uri> parse_http_uri(std::string_view text);

}  // namespace synapse::net
