// SPDX-License-Identifier: AGPL-3.0-or-later
// A WebSocket and HTTP server that knows nothing of Synapse: it accepts, speaks TLS if it has a
// certificate, answers plain HTTP through its owner, upgrades, and hands over messages. Each
// connection lives on its own strand and has one outbox.
//
// The template-heavy part (Beast) is all in ws_server.cpp.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "net/connection.hpp"
#include "net/http_message.hpp"
#include "net/outbox.hpp"

namespace synapse::net {

struct HttpRequest {
  std::string method;
  std::string target;
  std::string host;
  std::string origin;
  std::string authorization;
  std::string accept;
  std::string remote_host;  // The peer's address, without the port.
};

// The owner's side of the server. Called on any I/O thread.
class ServerHandler {
 public:
  virtual ~ServerHandler() = default;
  // A request that is no upgrade. `respond` may be called later, from any thread, once.
  virtual void request(HttpRequest request, std::function<void(HttpResponse)> respond) = 0;
  // A response in place of the upgrade, or nothing: go on.
  [[nodiscard]] virtual std::optional<HttpResponse> refuse_upgrade(const HttpRequest& request) = 0;
  [[nodiscard]] virtual std::shared_ptr<ConnectionHandler> opened(
      std::shared_ptr<Connection> connection) = 0;
};

struct ServerOptions {
  std::string host = "localhost";  // "localhost" means 127.0.0.1 and, where there is one, ::1.
  std::uint16_t port = 0;          // 0: a free one.
  std::string tls_cert;            // Both blank: no TLS.
  std::string tls_key;
  std::size_t message_bytes_max = 1UL << 20U;
  Outbox::Bounds outbox;
  std::size_t in_flight_max = 256;
  std::chrono::seconds handshake_timeout{10};  // To the end of TLS and of the HTTP request.
  std::chrono::seconds ping_interval{15};
  std::chrono::seconds close_timeout{2};
};

class Server {
 public:
  // The handler must outlive the I/O context's last run.
  Server(boost::asio::io_context& io, ServerOptions options, ServerHandler& handler);
  ~Server();

  // Binds and starts to accept.
  [[nodiscard]] Result<> start();
  [[nodiscard]] std::uint16_t port() const;
  // Accepts no more; connections that are open stay.
  void stop();
  // Upgraded connections that have not ended.
  [[nodiscard]] std::size_t open_connections() const;
  // Connections that were closed because their outbox was full.
  [[nodiscard]] std::uint64_t slow_readers() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace synapse::net
