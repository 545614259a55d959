// SPDX-License-Identifier: AGPL-3.0-or-later
// What the connections of a WebSocket server have in common: names for the library's types, and the
// state that outlives any one of them. Private to ws_server.cpp.
#pragma once

#include <atomic>
#include <boost/beast/websocket/stream.hpp>
#include <utility>

#include "net/intake.hpp"
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

  [[nodiscard]] Intake::Bounds intake_bounds() const {
    constexpr std::size_t a_little = 64UL << 10U;
    return {options.stranger_bytes_max,
            options.in_flight_max,
            options.in_flight_bytes_max,
            options.inbound_bytes_max,
            a_little,
            a_little};
  }

  ServerOptions options;
  ServerHandler& handler;
  std::atomic<std::size_t> open_connections = 0;
  std::atomic<std::uint64_t> slow_readers = 0;
  std::atomic<std::size_t> inbound_bytes = 0;
};

}  // namespace synapse::net
