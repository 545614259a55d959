// SPDX-License-Identifier: AGPL-3.0-or-later
// The floor: what a server costs that only waits, reads and writes. It takes WebSocket frames as
// the lean load sends them, looks at their lengths, and answers with as many bytes as a hub's
// answer to a claim or a release has; it keeps nothing and decides nothing.
//   synapse_floor PORT [UNIX-SOCKET]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>
#include <unordered_map>

#include "failure.hpp"
#include "websocket.hpp"

namespace synapse::bench {
namespace {

// Sizes of the answers of a hub, measured: what carries a lease, and what doesn't.
constexpr std::size_t granted_bytes = 470;
constexpr std::size_t released_bytes = 230;
constexpr std::size_t claim_bytes_min = 128;
constexpr std::size_t mask_bytes = 4;
constexpr int look_again_ms = 200;  // For a signal that came before the wait.

void listen_at(int epoll, int fd, const sockaddr* address, socklen_t size) {
  if (fd < 0 || ::bind(fd, address, size) != 0 || ::listen(fd, SOMAXCONN) != 0) {
    fail_errno("listen");
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("epoll_ctl");
}

std::string unmasked_frame(std::size_t payload) {
  std::string frame("\x81\x7e", 2);
  frame.push_back(static_cast<char>(payload >> 8U));
  frame.push_back(static_cast<char>(payload & 0xffU));
  frame.append(payload, 'x');
  return frame;
}

// The length of the first masked frame, and 0 while it is incomplete.
std::size_t frame_size(std::string_view in) {
  if (in.size() < 4) return 0;
  std::size_t length = static_cast<unsigned char>(in[1]) & 0x7fU;
  std::size_t header = 2 + mask_bytes;
  if (length == 126) {
    length = static_cast<std::size_t>(static_cast<unsigned char>(in[2])) << 8U |
             static_cast<unsigned char>(in[3]);
    header += 2;
  }
  return in.size() < header + length ? 0 : header + length;
}

class Floor {
 public:
  Floor(std::uint16_t port, const std::string& path) : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(tcp_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    listen_at(epoll_, tcp_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (path.empty()) return;
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (path.size() >= sizeof local.sun_path) throw Failure("the path is too long: " + path);
    std::copy(path.begin(), path.end(), static_cast<char*>(local.sun_path));
    unix_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    listen_at(epoll_, unix_, reinterpret_cast<const sockaddr*>(&local), sizeof local);
  }

  void serve() {
    std::array<epoll_event, 64> ready;
    for (;;) {
      const int count = ::epoll_wait(epoll_, ready.data(), ready.size(), look_again_ms);
      fail_if_signalled();
      for (int i = 0; i < count; ++i) {
        const int fd = ready[static_cast<std::size_t>(i)].data.fd;
        if (fd == tcp_ || fd == unix_) {
          accept(fd);
        } else {
          answer(fd);
        }
      }
    }
  }

 private:
  void accept(int listener) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    if (listener == tcp_) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("epoll_ctl");
  }

  void answer(int fd) {
    std::array<char, 4096> bytes;
    const ssize_t got = ::recv(fd, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got <= 0) {
      unfinished_.erase(fd);
      ::close(fd);
      return;
    }
    std::string& in = unfinished_[fd];
    in.append(bytes.data(), static_cast<std::size_t>(got));
    while (const std::size_t size = frame_size(in)) {
      const std::string& out = size > claim_bytes_min ? granted_ : released_;
      if (::send(fd, out.data(), out.size(), MSG_NOSIGNAL) < 0) return;
      in.erase(0, size);
    }
  }

  int epoll_;
  int tcp_ = -1;
  int unix_ = -1;
  std::string granted_ = unmasked_frame(granted_bytes);
  std::string released_ = unmasked_frame(released_bytes);
  std::unordered_map<int, std::string> unfinished_;
};

}  // namespace
}  // namespace synapse::bench

int main(int argc, char** argv) {
  using namespace synapse::bench;
  std::uint16_t port = 0;
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (std::from_chars(word.data(), word.data() + word.size(), port).ec != std::errc()) {
    std::cerr << "usage: synapse_floor PORT [UNIX-SOCKET]\n";
    return 2;
  }
  try {
    mark_signals();
    Floor(port, argc > 2 ? argv[2] : "").serve();
  } catch (const Failure& failure) {
    std::cerr << failure.what() << '\n';
    return 0;  // A signal is how it ends.
  }
}
