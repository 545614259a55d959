// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/ws_server.hpp"

#include "net/ws_connection.hpp"

namespace synapse::net {

namespace {

HttpServerOptions for_websockets(HttpServerOptions options) {
  options.threads = HttpServerOptions::Threads::several;
  return options;
}

}  // namespace

Server::Server(asio::io_context& io, ServerOptions options, ServerHandler& handler)
    : shared_(std::make_shared<ServerShared>(std::move(options), handler)),
      http_(io, for_websockets(shared_->options.http),
            [&handler](HttpRequest request, std::shared_ptr<HttpReply> reply) {
              handler.request(std::move(request), std::move(reply));
            },
            {[&handler](const HttpRequest& request) { return handler.refuse_upgrade(request); },
             [shared = shared_](HttpRequest request, ServerStream&& stream, std::string leftover) {
               std::make_shared<WsConnection>(shared, std::move(stream), std::move(leftover),
                                              std::move(request.peer))
                   ->start(request);
             }}) {}

std::size_t Server::open_connections() const { return shared_->open_connections; }
std::uint64_t Server::slow_readers() const { return shared_->slow_readers; }

}  // namespace synapse::net
