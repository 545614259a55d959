// SPDX-License-Identifier: AGPL-3.0-or-later
// http_get: one plain HTTP/1.1 GET, for /metrics, /health and the refusals before an upgrade.
//
// Used by tests that look at the hub's port as a scraper or a browser would. `Host` names the
// loopback address and port unless the caller gives its own. The connection is not reused.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "support/deadline.hpp"
#include "support/fd.hpp"

namespace synapse::test {

using HttpHeaders = std::map<std::string, std::string>;

struct HttpReply {
  int status = 0;
  HttpHeaders headers;  // names in lower case
  std::string body;
};

// Throws std::runtime_error when there is no answer, or none that is HTTP, before the deadline.
[[nodiscard]] HttpReply http_get(std::uint16_t port, std::string_view target,
                                 const HttpHeaders& headers = {},
                                 const Deadline& deadline = patience);

// As HTTP compares names: ASCII letters alone.
[[nodiscard]] std::string lower(std::string_view text);

// The head of a request, and of the answer to one; `body` holds the bytes that came after the head.
// The WebSocket client begins with these two.
[[nodiscard]] std::string get_request(std::uint16_t port, std::string_view target,
                                      const HttpHeaders& headers);
[[nodiscard]] HttpReply read_reply_head(const Fd& socket, const Deadline& deadline);

}  // namespace synapse::test
