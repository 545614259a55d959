// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/ws_server.hpp"

#include "net/ws_connection.hpp"

namespace synapse::net {

class Server::Impl {
 public:
  Impl(asio::io_context& io, ServerOptions options, ServerHandler& handler)
      : shared_(std::make_shared<ServerShared>(std::move(options), handler)),
        http_(
            io, http_options(shared_->options),
            [&handler](HttpRequest request, std::shared_ptr<HttpReply> reply) {
              handler.request(std::move(request), std::move(reply));
            },
            {[&handler](const HttpRequest& request) { return handler.refuse_upgrade(request); },
             [shared = shared_](HttpRequest request, ServerStream&& stream, std::string leftover) {
               std::make_shared<WsConnection>(shared, std::move(stream), std::move(leftover),
                                              std::move(request.peer))
                   ->start(request);
             }}) {}

  [[nodiscard]] HttpServer& http() { return http_; }
  [[nodiscard]] const ServerShared& shared() const { return *shared_; }

 private:
  static HttpServerOptions http_options(const ServerOptions& options) {
    HttpServerOptions http = options.http;
    http.threads = HttpServerOptions::Threads::several;
    return http;
  }

  std::shared_ptr<ServerShared> shared_;
  HttpServer http_;
};

Server::Server(asio::io_context& io, ServerOptions options, ServerHandler& handler)
    : impl_(std::make_unique<Impl>(io, std::move(options), handler)) {}

Server::~Server() = default;

Result<> Server::start() { return impl_->http().start(); }
std::uint16_t Server::port() const { return impl_->http().port(); }
void Server::stop() { impl_->http().stop(); }
std::size_t Server::open_connections() const { return impl_->shared().open_connections; }
std::uint64_t Server::slow_readers() const { return impl_->shared().slow_readers; }

}  // namespace synapse::net
