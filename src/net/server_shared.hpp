// SPDX-License-Identifier: AGPL-3.0-or-later
// What the server's parts have in common: names for the library's types, and the state that
// outlives any one connection. Private to ws_server.cpp.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <optional>
#include <utility>

#include "net/ws_server.hpp"

namespace synapse::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

using TlsStream = asio::ssl::stream<tcp::socket>;

inline tcp::socket& socket_of(tcp::socket& socket) { return socket; }
inline tcp::socket& socket_of(TlsStream& stream) { return stream.next_layer(); }

// What the server's parts share.
struct ServerShared {
  ServerShared(ServerOptions chosen, ServerHandler& owner)
      : options(std::move(chosen)), handler(owner) {}

  ServerOptions options;
  ServerHandler& handler;
  std::optional<asio::ssl::context> tls;
  std::atomic<std::size_t> open_connections = 0;
  std::atomic<std::uint64_t> slow_readers = 0;
};

}  // namespace synapse::net
