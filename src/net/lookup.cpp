// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/lookup.hpp"

#include <netdb.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <system_error>
#include <thread>

#include "base/quiet_thread.hpp"
#include "base/strings.hpp"

namespace synapse::net {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

Result<Lookup::Endpoints> ask_system(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int failure = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (failure != 0) {
    return fail(ErrorCode::unreachable, "can't find host '" + host + "': " + gai_strerror(failure));
  }
  Lookup::Endpoints endpoints;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    tcp::endpoint endpoint;
    if (each->ai_addrlen > endpoint.capacity()) continue;
    endpoint.resize(each->ai_addrlen);
    std::memcpy(endpoint.data(), each->ai_addr, each->ai_addrlen);
    endpoints.push_back(endpoint);
  }
  freeaddrinfo(list);
  if (endpoints.empty()) return fail(ErrorCode::unreachable, "host '" + host + "' has no address");
  return endpoints;
}

// What needs no resolver.
Lookup::Endpoints known(const std::string& host, std::uint16_t port) {
  if (base::to_lower(host) == "localhost") {
    return {{asio::ip::address_v4::loopback(), port}, {asio::ip::address_v6::loopback(), port}};
  }
  boost::system::error_code no_address;
  const asio::ip::address address = asio::ip::make_address(host, no_address);
  if (no_address) return {};
  return {{address, port}};
}

}  // namespace

std::shared_ptr<Lookup> Lookup::start(asio::any_io_executor executor, const std::string& host,
                                      std::uint16_t port, Done done) {
  auto lookup = std::make_shared<Lookup>();
  lookup->executor_ = asio::prefer(executor, asio::execution::outstanding_work.tracked);
  lookup->done_ = std::move(done);
  if (Endpoints endpoints = known(host, port); !endpoints.empty()) {
    lookup->finish(std::move(endpoints));
    return lookup;
  }
  try {
    base::quiet_thread([lookup, host, port] { lookup->finish(ask_system(host, port)); }).detach();
  } catch (const std::system_error& error) {
    lookup->finish(fail(ErrorCode::unreachable,
                        "can't look up host '" + host + "': " + error.code().message()));
  }
  return lookup;
}

void Lookup::cancel() {
  const std::lock_guard lock(mutex_);
  done_ = nullptr;
  executor_ = {};
}

void Lookup::finish(Result<Endpoints> found) {
  // Posted under the lock: once cancel() has returned, the executor's context may go.
  const std::lock_guard lock(mutex_);
  if (!done_) return;
  const asio::any_io_executor executor = std::exchange(executor_, {});
  asio::post(executor, [self = shared_from_this(), found = std::move(found)] {
    Done done;
    {
      const std::lock_guard relock(self->mutex_);
      done = std::exchange(self->done_, nullptr);
    }
    if (done) done(found);
  });
}

}  // namespace synapse::net
