// SPDX-License-Identifier: AGPL-3.0-or-later
#include "support/loopback.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace synapse::test {
namespace {

Fd stream_socket() {
  Fd made(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!made) throw std::system_error(errno, std::generic_category(), "socket");
  return made;
}

sockaddr_in address_of(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool wait_for(const Fd& socket, short events, const Deadline& deadline) {
  for (;;) {
    pollfd waiting{socket.get(), events, 0};
    const int ready = poll(&waiting, 1, deadline.poll_ms());
    if (ready >= 0) return ready > 0;
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
  }
}

}  // namespace

std::uint16_t free_port() {
  constexpr unsigned first = 16000;
  constexpr unsigned count = 16000;
  static unsigned next = static_cast<unsigned>(getpid()) * 37U;
  for (unsigned tried = 0; tried < count; ++tried) {
    const auto port = static_cast<std::uint16_t>(first + next++ % count);
    const Fd probe = stream_socket();
    // As a server would bind it: a port with old connections in TIME_WAIT is free.
    const int yes = 1;
    setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    const sockaddr_in address = address_of(port);
    if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      return port;
    }
  }
  throw std::runtime_error("no free port");
}

std::optional<Fd> try_connect(std::uint16_t port, int receive_buffer_bytes) {
  Fd made = stream_socket();
  if (receive_buffer_bytes > 0) {  // before connecting: the window is agreed then
    setsockopt(made.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
               sizeof receive_buffer_bytes);
  }
  const sockaddr_in address = address_of(port);
  if (connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::nullopt;
  }
  const int yes = 1;
  setsockopt(made.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(made.get(), F_SETFL, O_NONBLOCK);
  return made;
}

std::optional<Fd> try_connect(const std::string& path) {
  Fd made(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the path is too long");
  path.copy(address.sun_path, path.size());
  if (connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return std::nullopt;
  }
  fcntl(made.get(), F_SETFL, O_NONBLOCK);
  return made;
}

bool wait_readable(const Fd& socket, const Deadline& deadline) {
  return wait_for(socket, POLLIN, deadline);
}

bool send_all(const Fd& socket, std::string_view bytes, const Deadline& deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!wait_for(socket, POLLOUT, deadline)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace synapse::test
