// SPDX-License-Identifier: AGPL-3.0-or-later
// A connection to one HTTP(S) server that is kept: one request at a time, each answered whole, or
// in pieces as they come, for an answer that goes on and on.
//
// Asynchronous, on an executor that must not run two of its handlers at once, and used from there
// alone. The connection is made with the first request, kept while the server keeps it, and made
// anew by the next request after it has ended, and by one to another server; no request is sent
// twice, for only its owner knows whether that would do harm. Nothing is called after the line is
// gone.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/http_client_codec.hpp"

namespace synapse::net {

enum class TlsVerify;

struct HttpLineOptions {
  std::string tls_ca;  // PEM roots for https; blank: the system's.
  TlsVerify tls_verify{};
  std::string tls_cert;  // What this end shows of itself, PEM files; blank: nothing.
  std::string tls_key;
  std::size_t body_bytes_max = 4UL << 20U;  // Of a whole answer, or of what comes at once.
  std::size_t request_bytes_max = 4UL << 20U;
};

class HttpLine {
 public:
  using Done = std::function<void(Result<HttpResponse>)>;
  using Piece = std::function<void(std::string_view)>;

  HttpLine(boost::asio::any_io_executor executor, HttpLineOptions options);
  ~HttpLine();
  HttpLine(const HttpLine&) = delete;
  HttpLine& operator=(const HttpLine&) = delete;

  // Any status is an answer. The call's time-out counts from here to its end, that of a streamed
  // one to its head. `done` is called once, and may ask again. Errors: as HttpClient.
  void ask(HttpCall call, Done done);
  // The same, and `piece` is told of the body as it comes, of answers with status 200 alone.
  void stream(HttpCall call, Piece piece, Done done);
  // Ends the connection and the request under way, whose `done` is not called.
  void drop();
  [[nodiscard]] bool is_busy() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace synapse::net
