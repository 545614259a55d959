// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/listen.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include "net/peer_lookup.hpp"

namespace synapse::net {

using boost::asio::ip::tcp;
using Acceptor = ServerStream::Acceptor;

namespace {

constexpr int backlog = 4096;

Result<Acceptor> listen_at(const boost::asio::any_io_executor& executor, const std::string& host,
                           std::uint16_t port) {
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
  Acceptor acceptor(executor);
  const tcp::endpoint endpoint(address, port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error && address.is_v6()) acceptor.set_option(boost::asio::ip::v6_only(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) {
    return fail(ErrorCode::io_error, "can't listen on " + host + " port " + std::to_string(port) +
                                         ": " + error.message());
  }
  return acceptor;
}

}  // namespace

Result<std::vector<Acceptor>> listen_on(const boost::asio::any_io_executor& executor,
                                        const std::string& host, std::uint16_t port) {
  const bool is_localhost = host == "localhost";
  Result<Acceptor> first = listen_at(executor, is_localhost ? "127.0.0.1" : host, port);
  if (!first) return first.error();
  std::vector<Acceptor> acceptors;
  acceptors.push_back(*std::move(first));
  if (!is_localhost) return acceptors;
  // A machine without IPv6 has no ::1; one where another program holds it is served on 127.0.0.1.
  Result<Acceptor> second = listen_at(executor, "::1", port_of(acceptors.front()));
  if (second) acceptors.push_back(*std::move(second));
  return acceptors;
}

std::uint16_t port_of(const Acceptor& acceptor) {
  boost::system::error_code ignored;
  return as_tcp(acceptor.local_endpoint(ignored)).port();
}

}  // namespace synapse::net
