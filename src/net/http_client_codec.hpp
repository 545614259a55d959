// SPDX-License-Identifier: AGPL-3.0-or-later
// HTTP/1.1 as a client writes and reads it (RFC 9112), without a socket: bytes in, bytes out. Pure,
// so that whatever a server sends can be tried on it by tests and a fuzzer. Used by http_client on
// one thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "net/uri.hpp"

namespace synapse::net {

// A request as a client makes it; ws_server.hpp has HttpRequest, as a server sees it.
struct HttpCall {
  enum class Method { get, post };

  Method method = Method::get;
  Uri uri;
  // Where to connect in place of looking the URI's host up: an address that the caller has checked.
  // The request and TLS go on naming the host.
  std::string address;
  std::optional<std::chrono::milliseconds> timeout;  // When it is shorter than the client's own.
  // Beside Host, Connection and Content-Length, which are made here.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpAnswer {
  int status = 0;
  std::string content_type;  // As sent; blank: none.
  std::string retry_after;   // The same.
  std::string location;      // The same.
  std::string body;
};

// The request as it goes over the wire; the connection is not to be used again. Errors:
// bad_argument, for a header that would not stay one line; its value is not in the message.
[[nodiscard]] Result<std::string> encode_http_request(const HttpCall& request);

// Takes a response's bytes in pieces of any size. What it holds is bounded by the two limits.
class HttpResponseReader {
 public:
  static constexpr std::size_t head_bytes_max = 64UL << 10U;

  explicit HttpResponseReader(std::size_t body_bytes_max);
  ~HttpResponseReader();
  HttpResponseReader(const HttpResponseReader&) = delete;
  HttpResponseReader& operator=(const HttpResponseReader&) = delete;

  enum class State { wants_more, complete };
  // After complete or an error, call no more. Errors: corrupt (it is no HTTP), field_too_long (a
  // limit was passed).
  [[nodiscard]] Result<State> take(std::string_view bytes);
  // The connection has ended; some responses end so. Errors as above, or closed: there was to be
  // more.
  [[nodiscard]] Result<> end();
  // What was read, once it is complete.
  [[nodiscard]] HttpAnswer response();

 private:
  struct Parser;  // Keeps Beast out of this header.
  std::unique_ptr<Parser> parser_;
};

}  // namespace synapse::net
