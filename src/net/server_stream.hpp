// SPDX-License-Identifier: AGPL-3.0-or-later
// A socket that a server has accepted, TCP or Unix, with or without TLS: what HTTP and WebSocket
// are spoken over. One type for all of them, so that Beast's templates are compiled once.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <utility>
#include <variant>

namespace synapse::net {

class ServerStream {
 public:
  using Protocol = boost::asio::generic::stream_protocol;
  using Socket = Protocol::socket;
  using Acceptor = boost::asio::basic_socket_acceptor<Protocol>;
  using executor_type = Socket::executor_type;
  using Code = boost::system::error_code;

  explicit ServerStream(Socket socket) : layer_(std::move(socket)) {}
  ServerStream(Socket socket, boost::asio::ssl::context& tls)
      : layer_(std::in_place_type<Tls>, std::move(socket), tls) {}

  [[nodiscard]] Socket& socket() {
    if (auto* tls = std::get_if<Tls>(&layer_)) return tls->next_layer();
    return std::get<Socket>(layer_);
  }
  [[nodiscard]] executor_type get_executor() { return socket().get_executor(); }

  // Told at once where there is no TLS.
  template <class Done>
  void shake_hands(Done done) {
    if (auto* tls = std::get_if<Tls>(&layer_)) {
      tls->async_handshake(Tls::server, std::move(done));
    } else {
      done(Code());
    }
  }
  template <class Buffers, class Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return std::visit(
        [&](auto& layer) { return layer.async_read_some(buffers, std::forward<Token>(token)); },
        layer_);
  }
  template <class Buffers, class Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return std::visit(
        [&](auto& layer) { return layer.async_write_some(buffers, std::forward<Token>(token)); },
        layer_);
  }
  // What the socket takes at once; would_block: nothing, or it isn't for this layer to tell.
  template <class Buffers>
  std::size_t try_write(const Buffers& buffers, Code& error) {
    auto* socket = std::get_if<Socket>(&layer_);
    if (socket == nullptr) {
      error = boost::asio::error::would_block;
      return 0;
    }
    if (!socket->non_blocking()) {
      socket->non_blocking(true, error);
      if (error) return 0;
    }
    return socket->write_some(buffers, error);
  }
  void close() {
    Code ignored;
    socket().shutdown(Socket::shutdown_both, ignored);
    socket().close(ignored);
  }
  // For Beast, whose WebSocket has a timer of its own.
  friend void beast_close_socket(ServerStream& stream) { stream.close(); }

 private:
  using Tls = boost::asio::ssl::stream<Socket>;

  std::variant<Socket, Tls> layer_;
};

}  // namespace synapse::net
