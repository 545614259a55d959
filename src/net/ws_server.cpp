// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/ws_server.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http.hpp>

#include "net/listen.hpp"
#include "net/tls.hpp"
#include "net/ws_connection.hpp"

namespace synapse::net {

namespace {

// HTTP that can't be understood, as against a peer that went.
bool is_bad_request(error_code error) {
  return error.category() == make_error_code(http::error::bad_method).category() &&
         error != http::error::end_of_stream && error != http::error::partial_message;
}

// A connection before it is one: TLS, the HTTP request, and the way it goes from there.
template <class Layer>
class Incoming final : public std::enable_shared_from_this<Incoming<Layer>> {
 public:
  Incoming(std::shared_ptr<ServerShared> shared, Layer layer)
      : shared_(std::move(shared)), layer_(std::move(layer)), timer_(layer_.get_executor()) {
    parser_.header_limit(16 * 1024);
    parser_.body_limit(64 * 1024);
  }

  void start() {
    error_code error;
    const auto peer = socket_of(layer_).remote_endpoint(error);
    if (error) return;
    peer_.host = peer.address().to_string();
    socket_of(layer_).set_option(tcp::no_delay(true), error);
    timer_.expires_after(shared_->options.handshake_timeout);
    timer_.async_wait([self = this->shared_from_this()](error_code waited) {
      if (waited) return;
      error_code ignored;
      socket_of(self->layer_).close(ignored);
    });
    if constexpr (std::is_same_v<Layer, TlsStream>) {
      layer_.async_handshake(TlsStream::server,
                             [self = this->shared_from_this()](error_code shaken) {
                               if (!shaken) return self->read();
                               self->timer_.cancel();  // Or it would keep the socket.
                             });
    } else {
      read();
    }
  }

 private:
  void read() {
    // The head alone: nothing here takes a body, and Boost 1.81 ends the process over a last chunk
    // that comes in pieces.
    http::async_read_header(
        layer_, buffer_, parser_, [self = this->shared_from_this()](error_code error, std::size_t) {
          self->timer_.cancel();
          if (!error && !self->has_body()) return self->dispatch();
          if (!error || error == http::error::header_limit || error == http::error::body_limit) {
            self->respond({413, "text/plain; charset=utf-8", "too large\n", {}});
          } else if (is_bad_request(error)) {
            self->respond({400, "text/plain; charset=utf-8", "bad request\n", {}});
          }
        });
  }

  [[nodiscard]] bool has_body() const {
    return parser_.chunked() || parser_.content_length().value_or(0) > 0;
  }

  void dispatch() {
    const auto& message = parser_.get();
    const auto field = [&message](http::field name) { return std::string(message[name]); };
    HttpRequest request{std::string(message.method_string()),
                        std::string(message.target()),
                        field(http::field::host),
                        field(http::field::origin),
                        field(http::field::authorization),
                        field(http::field::accept),
                        peer_.host};
    if (!websocket::is_upgrade(message)) {
      shared_->handler.request(
          std::move(request), [self = this->shared_from_this()](HttpResponse response) {
            asio::dispatch(self->layer_.get_executor(),
                           [self, response = std::move(response)] { self->respond(response); });
          });
      return;
    }
    if (const auto refused = shared_->handler.refuse_upgrade(request)) return respond(*refused);
    std::string leftover = beast::buffers_to_string(buffer_.data());
    std::make_shared<WsConnection<Layer>>(shared_, std::move(layer_), std::move(leftover),
                                          std::move(peer_))
        ->start(message);
  }

  void respond(const HttpResponse& response) {
    answer_.result(response.status);
    answer_.version(11);
    answer_.set(http::field::content_type, response.content_type);
    answer_.set(http::field::connection, "close");
    for (const auto& [name, value] : response.headers) answer_.set(name, value);
    answer_.body() = response.body;
    answer_.prepare_payload();
    timer_.expires_after(shared_->options.handshake_timeout);
    timer_.async_wait([self = this->shared_from_this()](error_code waited) {
      if (waited) return;
      error_code ignored;
      socket_of(self->layer_).close(ignored);
    });
    http::async_write(layer_, answer_, [self = this->shared_from_this()](error_code, std::size_t) {
      self->timer_.cancel();
      error_code ignored;
      socket_of(self->layer_).shutdown(tcp::socket::shutdown_both, ignored);
    });
  }

  std::shared_ptr<ServerShared> shared_;
  Layer layer_;
  asio::steady_timer timer_;
  Peer peer_;
  beast::flat_buffer buffer_;
  http::request_parser<http::string_body> parser_;
  http::response<http::string_body> answer_;
};

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Server::Impl> {
 public:
  Impl(asio::io_context& io, ServerOptions options, ServerHandler& handler)
      : io_(io), shared_(std::make_shared<ServerShared>(std::move(options), handler)) {}

  Result<> start() {
    const ServerOptions& options = shared_->options;
    if (!options.tls_cert.empty()) {
      Result<asio::ssl::context> tls = server_tls(options.tls_cert, options.tls_key);
      if (!tls) return tls.error();
      shared_->tls = std::move(*tls);
    }
    if (options.host == "localhost") {
      if (auto bound = listen("127.0.0.1", options.port); !bound) return bound;
      // A machine without IPv6 has no ::1; one where another program holds it is served on
      // 127.0.0.1.
      (void)listen("::1", port_);
      return {};
    }
    return listen(options.host, options.port);
  }

  void stop() {
    for (auto& acceptor : acceptors_) {
      asio::post(acceptor->get_executor(), [acceptor] {
        error_code ignored;
        acceptor->close(ignored);
      });
    }
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t open_connections() const { return shared_->open_connections; }
  [[nodiscard]] std::uint64_t slow_readers() const { return shared_->slow_readers; }

 private:
  using Acceptor = tcp::acceptor;

  Result<> listen(const std::string& host, std::uint16_t port) {
    Result<Acceptor> bound = listen_on(asio::make_strand(io_), host, port);
    if (!bound) return bound.error();
    auto acceptor = std::make_shared<Acceptor>(std::move(*bound));
    error_code ignored;
    port_ = acceptor->local_endpoint(ignored).port();
    acceptors_.push_back(acceptor);
    accept(acceptor);
    return {};
  }

  void accept(const std::shared_ptr<Acceptor>& acceptor) {
    acceptor->async_accept(asio::make_strand(io_), [self = shared_from_this(), acceptor](
                                                       error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted || !acceptor->is_open()) return;
      if (error) return self->accept_later(acceptor);
      self->take(std::move(socket));
      self->accept(acceptor);
    });
  }

  // Out of descriptors, most likely: others must close before the next one can be had.
  void accept_later(const std::shared_ptr<Acceptor>& acceptor) {
    auto timer = std::make_shared<asio::steady_timer>(acceptor->get_executor());
    timer->expires_after(std::chrono::milliseconds(100));
    timer->async_wait([self = shared_from_this(), acceptor, timer](error_code) {
      if (acceptor->is_open()) self->accept(acceptor);
    });
  }

  void take(tcp::socket socket) {
    if (shared_->tls) {
      std::make_shared<Incoming<TlsStream>>(shared_, TlsStream(std::move(socket), *shared_->tls))
          ->start();
    } else {
      std::make_shared<Incoming<tcp::socket>>(shared_, std::move(socket))->start();
    }
  }

  asio::io_context& io_;
  std::shared_ptr<ServerShared> shared_;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::uint16_t port_ = 0;
};

Server::Server(asio::io_context& io, ServerOptions options, ServerHandler& handler)
    : impl_(std::make_shared<Impl>(io, std::move(options), handler)) {}

Server::~Server() = default;

Result<> Server::start() { return impl_->start(); }
std::uint16_t Server::port() const { return impl_->port(); }
void Server::stop() { impl_->stop(); }
std::size_t Server::open_connections() const { return impl_->open_connections(); }
std::uint64_t Server::slow_readers() const { return impl_->slow_readers(); }

}  // namespace synapse::net
