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

#include "base/error.hpp"
#include "net/http_message.hpp"
#include "net/uri.hpp"

namespace synapse::net {

// A request, and where it goes.
struct HttpCall {
  Uri uri;  // Its target is the request's.
  // Where to connect in place of looking the URI's host up: an address that the caller has checked.
  // The request and TLS go on naming the host.
  std::string address;
  std::optional<std::chrono::milliseconds> timeout;  // When it is shorter than the client's own.
  HttpRequest request;
  enum class Afterwards { close, keep } connection = Afterwards::close;
};

// The request as it goes over the wire. Errors:
// bad_argument, for a header that would not stay one line; its value is not in the message.
[[nodiscard]] Result<std::string> encode_http_request(const HttpCall& call);

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
  // What was read, once it is complete; of the body, what take_piece() has left.
  [[nodiscard]] HttpResponse response();
  // What has come of the body since the last time, however much there is still to come.
  [[nodiscard]] std::string take_piece();
  // Whether the head has come, so that status() is there.
  [[nodiscard]] bool has_head() const;
  [[nodiscard]] unsigned status() const;
  // Once it is complete: whether the connection may carry another request.
  [[nodiscard]] bool may_go_on() const;

 private:
  struct Parser;  // Keeps Beast out of this header.
  std::unique_ptr<Parser> parser_;
};

}  // namespace synapse::net
