// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <utility>
#include <vector>

#include "net/http_server_connection.hpp"
#include "net/listen.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Code = boost::system::error_code;

// Those that are told that there are too many.
constexpr std::size_t turned_away_max = 64;
constexpr std::chrono::milliseconds stop_patience{1'000};

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::io_context& io, HttpServerOptions options, Handler handler)
      : io_(io), shared_(std::make_shared<HttpServerShared>()) {
    shared_->options = std::move(options);
    shared_->handler = std::move(handler);
  }

  Result<> start() {
    const HttpServerOptions& options = shared_->options;
    if (options.host != "localhost") return listen(options.host, options.port);
    if (auto bound = listen("127.0.0.1", options.port); !bound) return bound;
    // A machine without IPv6 has no ::1; one where another program holds it is served on
    // 127.0.0.1.
    (void)listen("::1", port_);
    return {};
  }

  void stop() {
    if (std::exchange(shared_->is_stopped, true)) return;
    for (const auto& entrance : entrances_) {
      Code ignored;
      entrance->acceptor.close(ignored);
      entrance->retry.cancel();
    }
    // From here on they live by what they wait for, and go with the io_context at the latest.
    const auto connections = std::exchange(shared_->connections, {});
    for (const auto& connection : connections) connection->stop(stop_patience);
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t open_connections() const { return shared_->connections.size(); }

 private:
  struct Entrance {
    Entrance(asio::io_context& io, tcp::acceptor bound) : acceptor(std::move(bound)), retry(io) {}
    tcp::acceptor acceptor;
    asio::steady_timer retry;
  };

  Result<> listen(const std::string& host, std::uint16_t port) {
    Result<tcp::acceptor> acceptor = listen_on(io_.get_executor(), host, port);
    if (!acceptor) return acceptor.error();
    Code ignored;
    port_ = acceptor->local_endpoint(ignored).port();
    entrances_.push_back(std::make_shared<Entrance>(io_, std::move(*acceptor)));
    accept(entrances_.back());
    return {};
  }

  void accept(const std::shared_ptr<Entrance>& entrance) {
    entrance->acceptor.async_accept(
        [self = shared_from_this(), entrance](Code code, tcp::socket socket) {
          if (self->shared_->is_stopped) return;
          if (code) return self->accept_later(entrance);
          self->take(std::move(socket));
          self->accept(entrance);
        });
  }

  // Out of descriptors, most likely: others must close before the next one can be had.
  void accept_later(const std::shared_ptr<Entrance>& entrance) {
    entrance->retry.expires_after(std::chrono::milliseconds(100));
    entrance->retry.async_wait([self = shared_from_this(), entrance](Code) {
      if (!self->shared_->is_stopped) self->accept(entrance);
    });
  }

  void take(tcp::socket socket) {
    const std::size_t count = shared_->connections.size();
    const std::size_t count_max = shared_->options.connections_max;
    if (count >= count_max + turned_away_max) return;
    const auto connection = std::make_shared<HttpServerConnection>(shared_, std::move(socket));
    shared_->connections.insert(connection);
    if (count < count_max) {
      connection->start();
    } else {
      connection->turn_away();
    }
  }

  asio::io_context& io_;
  const std::shared_ptr<HttpServerShared> shared_;
  std::vector<std::shared_ptr<Entrance>> entrances_;
  std::uint16_t port_ = 0;
};

HttpServer::HttpServer(asio::io_context& io, HttpServerOptions options, Handler handler)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { impl_->stop(); }

Result<> HttpServer::start() { return impl_->start(); }
std::uint16_t HttpServer::port() const { return impl_->port(); }
void HttpServer::stop() { impl_->stop(); }
std::size_t HttpServer::open_connections() const { return impl_->open_connections(); }

}  // namespace synapse::net
