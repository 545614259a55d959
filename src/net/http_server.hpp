// SPDX-License-Identifier: AGPL-3.0-or-later
// An HTTP/1.1 server that knows nothing of what it serves: whole requests in, answers or streams
// out, over connections that are kept. What the MCP server and the A2A bridge stand on; the hub's
// own endpoints need no bodies and are ws_server's.
//
// All of it runs on one io_context that one thread runs, the owner's calls too: so that nothing
// here or behind it needs a lock. Requests of one connection are handed over one at a time: the
// next when the one before is answered, so answers are in order whatever the owner does.
//
// Each connection is bounded in its head, body, unread output and time; one that reads too slowly
// for a stream is ended, and one too many is answered 503.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "net/http_message.hpp"

namespace synapse::net {

// The answer to one request: either respond(), or begin_stream(), stream() as often as there is
// something, and end_stream(). May be kept and used later. Every call is safe, and does nothing,
// once the peer is gone. One that is let go of unanswered answers 500; in the middle of a stream,
// it ends the connection, so that nobody takes the stream for whole.
class HttpReply {
 public:
  virtual ~HttpReply() = default;

  virtual void respond(HttpResponse response) = 0;

  // Sends the head, and the body as the first piece. What follows goes out chunked, or until the
  // connection ends for a client of HTTP/1.0.
  virtual void begin_stream(HttpResponse head) = 0;
  virtual void stream(std::string_view piece) = 0;
  virtual void end_stream() = 0;

  // Called once, if the peer leaves, or is given up, before the answer is complete; never from
  // within one of the calls above, and not once the server is stopped. Replaces what was set
  // before. A peer that ends its side of the connection has left, too.
  virtual void on_gone(std::function<void()> gone) = 0;
  [[nodiscard]] virtual bool is_gone() const = 0;
};

struct HttpServerOptions {
  std::string host = "127.0.0.1";  // "localhost" means 127.0.0.1 and, where there is one, ::1.
  std::uint16_t port = 0;          // 0: a free one.
  std::size_t head_bytes_max = 16UL << 10U;
  std::size_t body_bytes_max = 1UL << 20U;    // More is answered 413.
  std::size_t unread_bytes_max = 4UL << 20U;  // Of a stream; a whole answer may be longer.
  std::size_t connections_max = 1024;
  std::chrono::milliseconds head_timeout{10'000};   // Of a request's head, from its first byte.
  std::chrono::milliseconds body_timeout{30'000};   // Of its body, from the end of the head.
  std::chrono::milliseconds idle_timeout{60'000};   // Between two requests, and before the first.
  std::chrono::milliseconds read_patience{30'000};  // With unread output and not a byte taken.
};

class HttpServer {
 public:
  using Handler = std::function<void(HttpServerRequest, std::shared_ptr<HttpReply>)>;

  HttpServer(boost::asio::io_context& io, HttpServerOptions options, Handler handler);
  ~HttpServer();  // As stop().
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds and begins to accept. Errors: bad_argument, io_error.
  [[nodiscard]] Result<> start();
  [[nodiscard]] std::uint16_t port() const;
  // Accepts no more, closes every connection: at once, but those with output on its way when that
  // has left, and within a second. Calls the owner no more. The io_context then runs out of work.
  void stop();
  [[nodiscard]] std::size_t open_connections() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace synapse::net
