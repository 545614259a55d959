// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/http_server.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <utility>
#include <vector>

#include "net/http_connection.hpp"
#include "net/listen.hpp"
#include "net/peer_lookup.hpp"
#include "net/tls.hpp"
#include "net/unix_socket.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;
using Code = boost::system::error_code;

// Those that are told that there are too many.
constexpr std::size_t turned_away_max = 64;

}  // namespace

class HttpServer::Impl : public std::enable_shared_from_this<HttpServer::Impl> {
 public:
  Impl(asio::io_context& io, HttpServerOptions options, Handler handler, Upgrades upgrades)
      : io_(io), shared_(std::make_shared<HttpServerShared>()) {
    shared_->options = std::move(options);
    shared_->handler = std::move(handler);
    shared_->upgrades = std::move(upgrades);
    executor_ = new_executor();
  }

  Result<> start() {
    const HttpServerOptions& options = shared_->options;
    if (!options.tls_cert.empty()) {
      Result<asio::ssl::context> tls = server_tls(options.tls_cert, options.tls_key);
      if (!tls) return tls.error();
      tls_ = std::move(*tls);
    }
    auto acceptors = listen_on(executor_, options.host, options.port);
    if (!acceptors) return acceptors.error();
    port_ = port_of(acceptors->front());
    for (auto& acceptor : *acceptors) add_entrance(std::move(acceptor));
    return {};
  }

  Result<> listen_at(const std::string& path) {
    auto acceptor = listen_at_path(executor_, path);
    if (!acceptor) return acceptor.error();
    socket_file_.emplace(path);
    add_entrance(*std::move(acceptor));
    return {};
  }

  void stop() {
    if (shared_->is_stopped.exchange(true)) return;
    asio::dispatch(executor_, [self = shared_from_this()] {
      self->socket_file_.reset();
      for (const auto& entrance : self->entrances_) {
        Code ignored;
        entrance->acceptor.close(ignored);
        entrance->retry.cancel();
      }
    });
    // From here on they live by what they wait for, and go with the io_context at the latest.
    const std::chrono::milliseconds patience = shared_->options.stop_patience;
    const std::lock_guard lock(shared_->mutex);
    for (const auto& connection : std::exchange(shared_->connections, {})) {
      asio::post(connection->executor(), [connection, patience] { connection->stop(patience); });
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t open_connections() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->connections.size();
  }

 private:
  struct Entrance {
    explicit Entrance(ServerStream::Acceptor bound)
        : acceptor(std::move(bound)), retry(acceptor.get_executor()) {}
    ServerStream::Acceptor acceptor;
    asio::steady_timer retry;
  };

  [[nodiscard]] asio::any_io_executor new_executor() const {
    if (shared_->options.threads == HttpServerOptions::Threads::one) return io_.get_executor();
    return asio::make_strand(io_);
  }

  void add_entrance(ServerStream::Acceptor acceptor) {
    entrances_.push_back(std::make_shared<Entrance>(std::move(acceptor)));
    accept(entrances_.back());
  }

  void accept(const std::shared_ptr<Entrance>& entrance) {
    entrance->acceptor.async_accept(new_executor(), [self = shared_from_this(), entrance](
                                                        Code code, ServerStream::Socket socket) {
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

  void take(ServerStream::Socket socket) {
    std::optional<Peer> peer = peer_of(socket);
    if (!peer) return;
    Code ignored;
    socket.set_option(asio::ip::tcp::no_delay(true), ignored);
    ServerStream stream = tls_ && !peer->is_unix ? ServerStream(std::move(socket), *tls_)
                                                 : ServerStream(std::move(socket));
    const auto connection =
        std::make_shared<HttpConnection>(shared_, std::move(stream), *std::move(peer));
    const bool has_room = make_room();
    {
      const std::lock_guard lock(shared_->mutex);
      const std::size_t count_max = shared_->options.connections_max + turned_away_max;
      if (shared_->is_stopped || shared_->connections.size() >= count_max) return;
      shared_->connections.insert(connection);
    }
    asio::dispatch(connection->executor(), [connection, has_room] {
      if (has_room) {
        connection->start();
      } else {
        connection->turn_away();
      }
    });
  }

  // Whether one more is within the limit, once the one that has been about to ask for longest has
  // gone if need be. So half a request, sent a thousand times, keeps nobody out.
  [[nodiscard]] bool make_room() {
    std::shared_ptr<HttpConnection> oldest;
    auto asking_since = HttpConnection::Clock::time_point::max();
    {
      const std::lock_guard lock(shared_->mutex);
      if (shared_->connections.size() < shared_->options.connections_max) return true;
      for (const auto& each : shared_->connections) {
        const auto since = each->asking_since();
        if (!since || *since >= asking_since) continue;
        oldest = each;
        asking_since = *since;
      }
    }
    if (oldest) oldest->make_room();
    return oldest != nullptr;
  }

  asio::io_context& io_;
  const std::shared_ptr<HttpServerShared> shared_;
  asio::any_io_executor executor_;
  std::optional<asio::ssl::context> tls_;
  std::vector<std::shared_ptr<Entrance>> entrances_;
  std::optional<SocketFile> socket_file_;
  std::uint16_t port_ = 0;
};

HttpServer::HttpServer(asio::io_context& io, HttpServerOptions options, Handler handler,
                       Upgrades upgrades)
    : impl_(std::make_shared<Impl>(io, std::move(options), std::move(handler),
                                   std::move(upgrades))) {}

HttpServer::~HttpServer() { impl_->stop(); }

Result<> HttpServer::start() { return impl_->start(); }
std::uint16_t HttpServer::port() const { return impl_->port(); }
Result<> HttpServer::listen_at(const std::string& path) { return impl_->listen_at(path); }
void HttpServer::stop() { impl_->stop(); }
std::size_t HttpServer::open_connections() const { return impl_->open_connections(); }

}  // namespace synapse::net
