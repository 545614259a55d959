// SPDX-License-Identifier: AGPL-3.0-or-later
// An HTTP/1.1 server that knows nothing of what it serves: whole requests in, answers or streams
// out, over connections that are kept. The hub's port (with ws_server), the MCP server and the A2A
// bridge stand on it.
//
// With Threads::one all of it runs on an io_context that one thread runs, the owner's calls too: so
// that nothing here or behind it needs a lock. With Threads::several each connection has a strand.
// Requests of one connection are handed over one at a time: the next when the one before is
// answered, so answers are in order whatever the owner does.
//
// Each connection is bounded in its head, body, unread output and time; one that reads too slowly
// for a stream is ended. When there are as many as may be, the one that has taken longest to say
// what it wants makes room; where all of them have said so, one too many is answered 503.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "net/http_message.hpp"
#include "net/http_reply.hpp"

namespace synapse::net {

class ServerStream;

struct HttpServerOptions {
  enum class Threads { one, several };

  std::string host = "127.0.0.1";  // "localhost" means 127.0.0.1 and, where there is one, ::1.
  std::uint16_t port = 0;          // 0: a free one.
  std::string tls_cert;            // PEM files; both blank: no TLS.
  std::string tls_key;
  Threads threads = Threads::one;
  std::size_t head_bytes_max = 16UL << 10U;
  std::size_t body_bytes_max = 1UL << 20U;  // More is answered 413; 0: no body is taken.
  std::string body_target;  // Requests for anything else may have no body; blank: all may.
  std::size_t unread_bytes_max = 4UL << 20U;       // Of a stream, before its next piece.
  std::size_t connections_max = 768;               // Well below what a process may open by default.
  std::chrono::milliseconds head_timeout{10'000};  // Of a request's head, from its first byte.
  std::chrono::milliseconds body_timeout{30'000};  // Of its body, from the end of the head.
  std::chrono::milliseconds idle_timeout{60'000};  // Between two requests, and before the first.
  std::chrono::milliseconds read_patience{30'000};  // With unread output and not a byte taken.
  std::chrono::milliseconds stop_patience{1'000};   // Of a stopped server, for unread output.
};

class HttpServer {
 public:
  using Handler = std::function<void(HttpRequest, std::shared_ptr<HttpReply>)>;
  // What becomes of requests for a WebSocket. Where there is none of these, they are requests like
  // any other.
  struct Upgrades {
    std::function<std::optional<HttpResponse>(const HttpRequest&)> refusal;
    // The connection is the owner's from here on; `leftover` was read from it already.
    std::function<void(HttpRequest, ServerStream&&, std::string leftover)> take;
  };

  HttpServer(boost::asio::io_context& io, HttpServerOptions options, Handler handler,
             Upgrades upgrades = {});
  ~HttpServer();  // As stop().
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and begins to accept. Errors: bad_argument, io_error, tls_failed.
  [[nodiscard]] Result<> start();
  [[nodiscard]] std::uint16_t port() const;
  // Listens at a Unix socket as well, without TLS, until it is stopped; see listen_at_path().
  // Before the io_context runs. Errors: locked, bad_argument, io_error.
  [[nodiscard]] Result<> listen_at(const std::string& path);
  // Accepts no more, closes every connection: at once, but those with output on its way when that
  // has left, and within a second. Calls the owner no more; connections that were upgraded stay.
  // The io_context then runs out of work.
  void stop();
  [[nodiscard]] std::size_t open_connections() const;  // Without upgraded ones.

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace synapse::net
