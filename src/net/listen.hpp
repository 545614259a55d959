// SPDX-License-Identifier: AGPL-3.0-or-later
// A bound and listening socket for one address or host name. What the servers begin with.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace synapse::net {

// Port 0: a free one. Looks a host name up and takes its first address. Errors: bad_argument,
// io_error.
[[nodiscard]] Result<boost::asio::ip::tcp::acceptor> listen_on(
    const boost::asio::any_io_executor& executor, const std::string& host, std::uint16_t port);

}  // namespace synapse::net
