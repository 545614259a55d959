// SPDX-License-Identifier: AGPL-3.0-or-later
// A server of WebSockets, and of plain HTTP on the same port, that knows nothing of Synapse: the
// HTTP is http_server's; requests for a WebSocket become connections, which hand over messages.
// Each connection lives on its own strand and has one outbox.
//
// The template-heavy part (Beast) is all in ws_server.cpp.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "net/connection.hpp"
#include "net/http_server.hpp"
#include "net/outbox.hpp"

namespace synapse::net {

// The owner's side of the server. Called on any I/O thread.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  // A request that wants no WebSocket.
  virtual void request(HttpRequest request, std::shared_ptr<HttpReply> reply) = 0;
  // A response in place of the upgrade, or nothing: go on.
  [[nodiscard]] virtual std::optional<HttpResponse> refuse_upgrade(const HttpRequest& request) = 0;
  [[nodiscard]] virtual std::shared_ptr<ConnectionHandler> opened(
      std::shared_ptr<Connection> connection) = 0;
};

struct ServerOptions {
  HttpServerOptions http;  // With several threads.
  std::size_t message_bytes_max = 1UL << 20U;
  Outbox::Bounds outbox;
  // Of each connection, of its messages that have not been dealt with.
  std::size_t in_flight_max = 256;
  std::size_t in_flight_bytes_max = 1UL << 20U;
  // Of a message that has not arrived whole, from a peer that has not been admitted.
  std::size_t stranger_bytes_max = 16UL << 10U;
  // Of all that has arrived on all connections and has not been dealt with. Past it, connections
  // wait for their messages under way, and one with more than a little of a message is closed with
  // 1013.
  std::size_t inbound_bytes_max = 96UL << 20U;
  std::chrono::seconds ping_interval{15};
  std::chrono::seconds close_timeout{2};
};

struct ServerShared;

class Server {
 public:
  // The handler must outlive the I/O context's last run.
  Server(boost::asio::io_context& io, ServerOptions options, ServerHandler& handler);

  // These as HttpServer's.
  [[nodiscard]] Result<> start() { return http_.start(); }
  [[nodiscard]] std::uint16_t port() const { return http_.port(); }
  [[nodiscard]] Result<> listen_at(const std::string& path) { return http_.listen_at(path); }
  // Accepts no more; WebSockets that are open stay.
  void stop() { http_.stop(); }
  // WebSockets that have not ended.
  [[nodiscard]] std::size_t open_connections() const;
  // Those that were closed because their outbox was full.
  [[nodiscard]] std::uint64_t slow_readers() const;

 private:
  std::shared_ptr<ServerShared> shared_;
  HttpServer http_;
};

}  // namespace synapse::net
