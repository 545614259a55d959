// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/listen.hpp"

#include <boost/asio/ip/v6_only.hpp>

namespace synapse::net {

using boost::asio::ip::tcp;

Result<tcp::acceptor> listen_on(const boost::asio::any_io_executor& executor,
                                const std::string& host, std::uint16_t port) {
  constexpr int backlog = 4096;
  boost::system::error_code error;
  boost::asio::ip::address address = boost::asio::ip::make_address(host, error);
  if (error) {
    tcp::resolver resolver(executor);
    const auto found = resolver.resolve(host, "", error);
    if (error || found.empty()) {
      return fail(ErrorCode::bad_argument, "can't resolve the host " + host);
    }
    address = found.begin()->endpoint().address();
  }
  tcp::acceptor acceptor(executor);
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error && address.is_v6()) acceptor.set_option(boost::asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) {
    return fail(ErrorCode::io_error, "can't listen on " + host + " port " + std::to_string(port) +
                                         ": " + error.message());
  }
  return acceptor;
}

}  // namespace synapse::net
