// SPDX-License-Identifier: AGPL-3.0-or-later
// Looks a host's addresses up without making anybody wait for the resolver.
//
// Addresses and `localhost` are answered from here: RFC 6761, section 6.3, makes the latter the
// loopback addresses on every host, and to read the resolver's files would be a good part of a
// short command's time. Everything else is asked of the system on a thread of its own. Asio's
// resolver is not used because its destructor waits for a look-up under way, which no one can cut
// short: stopping would take as long as the name server's timeout. A cancelled Lookup lets its
// thread finish alone.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace synapse::net {

class Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
  using Done = std::function<void(Result<Endpoints>)>;

  // `done` is called once, on the executor, unless cancel() comes first. The addresses are in the
  // order to try them, at least one. Errors: unreachable.
  static std::shared_ptr<Lookup> start(boost::asio::any_io_executor executor,
                                       const std::string& host, std::uint16_t port, Done done);
  void cancel();

 private:
  void finish(Result<Endpoints> found);

  std::mutex mutex_;
  // Counts as work of its context until it is let go of, so that nobody runs out of work meanwhile.
  boost::asio::any_io_executor executor_;
  Done done_;
};

}  // namespace synapse::net
