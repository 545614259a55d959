// SPDX-License-Identifier: AGPL-3.0-or-later
// HTTP messages, as every server and client here has them: whole, with their bodies.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/peer.hpp"

namespace synapse::net {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;
// The first header of that name, whatever its case; blank: there is none.
[[nodiscard]] std::string_view find_header(const HttpHeaders& headers, std::string_view name);

struct HttpRequest {
  std::string method;
  std::string target;  // As sent: path and query, still percent-encoded.
  // A client leaves Host, Connection and Content-Length out: they are made for it.
  HttpHeaders headers;
  std::string body;
  Peer peer;  // The sender, where a server received it.

  [[nodiscard]] std::string_view header(std::string_view name) const {
    return find_header(headers, name);
  }
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";  // Blank: no Content-Type header.
  std::string body;
  // Beside Content-Type; a server leaves Content-Length, Transfer-Encoding and Connection out, too.
  HttpHeaders headers;

  [[nodiscard]] std::string_view header(std::string_view name) const {
    return find_header(headers, name);
  }
};

// A line of text as an answer.
[[nodiscard]] HttpResponse plain_response(unsigned status, std::string_view line);

}  // namespace synapse::net
