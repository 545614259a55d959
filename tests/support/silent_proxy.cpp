// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/silent_proxy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "support/loopback.hpp"

namespace synapse::test {

namespace {

constexpr int look_ms = 20;  // At what else may have happened.

}  // namespace

SilentProxy::SilentProxy(std::uint16_t to_port)
    : to_port_(to_port),
      port_(free_port()),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int yes = 1;
  setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port_);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_.get(), SOMAXCONN) != 0) {
    throw std::system_error(errno, std::generic_category(), "listen");
  }
  thread_ = std::thread([this] { run(); });
}

SilentProxy::~SilentProxy() {
  is_over_ = true;
  thread_.join();
}

void SilentProxy::run() {
  while (!is_over_) {
    std::vector<pollfd> ends{{listener_.get(), POLLIN, 0}};
    if (!is_silent_) {
      for (const Pair& pair : pairs_) {
        ends.push_back({pair.client.get(), POLLIN, 0});
        ends.push_back({pair.hub.get(), POLLIN, 0});
      }
    }
    if (poll(ends.data(), ends.size(), look_ms) <= 0) continue;
    std::vector<Pair> left;
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      Pair& pair = pairs_[i];
      const bool is_watched = ends.size() > 1 && !is_silent_;
      const bool goes_on =
          !is_watched || ((ends[2 * i + 1].revents == 0 || pass_on(pair.client, pair.hub)) &&
                          (ends[2 * i + 2].revents == 0 || pass_on(pair.hub, pair.client)));
      if (goes_on) left.push_back(std::move(pair));
    }
    pairs_ = std::move(left);
    if (ends.front().revents != 0) accept_one();
  }
}

void SilentProxy::accept_one() {
  Fd client(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (!client) return;
  std::optional<Fd> hub = is_silent_ ? std::optional<Fd>(Fd()) : try_connect(to_port_);
  if (hub) pairs_.push_back({std::move(client), *std::move(hub)});
}

bool SilentProxy::pass_on(const Fd& from, const Fd& to) {
  std::array<char, 65'536> bytes{};
  const ssize_t got = recv(from.get(), bytes.data(), bytes.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  return got > 0 && send_all(to, {bytes.data(), static_cast<std::size_t>(got)}, patience);
}

}  // namespace synapse::test
