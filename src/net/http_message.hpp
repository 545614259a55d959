// SPDX-License-Identifier: AGPL-3.0-or-later
// HTTP messages as the owner of a server sees them. The answer is what the two servers, for
// WebSockets and for HTTP alone, have in common; the request is the latter's.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace synapse::net {

struct HttpServerRequest {
  std::string method;
  std::string target;  // As sent: path and query, still percent-encoded.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string remote_host;  // The peer's address, without the port.

  // The first header of that name, whatever its case; blank: there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";  // Blank: no Content-Type header.
  std::string body;
  // Beside Content-Type, Content-Length, Transfer-Encoding and Connection, which are made by the
  // server.
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace synapse::net
