// SPDX-License-Identifier: AGPL-3.0-or-later
// Bound and listening sockets: what a server begins with.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "net/server_stream.hpp"

namespace synapse::net {

// On one address or host name, of which the first address counts; "localhost" means 127.0.0.1 and,
// where there is one, ::1. Port 0: a free one. Errors: bad_argument, io_error.
[[nodiscard]] Result<std::vector<ServerStream::Acceptor>> listen_on(
    const boost::asio::any_io_executor& executor, const std::string& host, std::uint16_t port);
// Where a TCP one listens.
[[nodiscard]] std::uint16_t port_of(const ServerStream::Acceptor& acceptor);

}  // namespace synapse::net
