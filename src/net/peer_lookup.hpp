// SPDX-License-Identifier: AGPL-3.0-or-later
// Finds out who is at the other end of a socket that was accepted.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>

#include "net/peer.hpp"
#include "net/server_stream.hpp"

namespace synapse::net {

// Nothing: it has gone already.
[[nodiscard]] std::optional<Peer> peer_of(ServerStream::Socket& socket);

// An endpoint of TCP, which a generic one must be.
[[nodiscard]] boost::asio::ip::tcp::endpoint as_tcp(
    const ServerStream::Protocol::endpoint& endpoint);

}  // namespace synapse::net
