// SPDX-License-Identifier: AGPL-3.0-or-later
// An HTTP answer as a server's owner gives it. What the two servers, for WebSockets and for HTTP
// alone, have in common.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace synapse::net {

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";  // Blank: no Content-Type header.
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

}  // namespace synapse::net
