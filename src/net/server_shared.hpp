// SPDX-License-Identifier: AGPL-3.0-or-later
// What the connections of a WebSocket server have in common: names for the library's types, and the
// state that outlives any one of them. Private to ws_server.cpp.
#pragma once

#include <atomic>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "net/ws_server.hpp"

namespace synapse::net {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;

// What the connections of one server share.
struct ServerShared {
  ServerShared(ServerOptions chosen, ServerHandler& owner)
      : options(std::move(chosen)), handler(owner) {}

  ServerOptions options;
  ServerHandler& handler;
  std::atomic<std::size_t> open_connections = 0;
  std::atomic<std::uint64_t> slow_readers = 0;
};

}  // namespace synapse::net
