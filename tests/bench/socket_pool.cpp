// SPDX-License-Identifier: AGPL-3.0-or-later
#include "socket_pool.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "failure.hpp"
#include "websocket.hpp"

namespace synapse::bench {
namespace {

constexpr std::size_t read_bytes = 256 * 1024;
constexpr std::size_t events_max = 256;
constexpr std::chrono::seconds silence_max{30};

std::string named(std::size_t index) { return "socket " + std::to_string(index); }

}  // namespace

SocketPool::SocketPool(std::uint16_t port, Waiting waiting)
    : port_(port), waiting_(waiting), buffer_(read_bytes) {
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) fail_errno("epoll_create1");
}

SocketPool::~SocketPool() {
  for (const Socket& socket : sockets_) ::close(socket.fd);
  ::close(epoll_);
}

std::size_t SocketPool::open() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) fail_errno("socket");
  const std::size_t index = sockets_.size();
  sockets_.emplace_back().fd = fd;

  const int on = 1;
  if (::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail_errno("TCP_NODELAY");
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT;
  event.data.u64 = index;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail_errno("epoll_ctl");

  sockaddr_in hub{};
  hub.sin_family = AF_INET;
  hub.sin_port = htons(port_);
  hub.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&hub), sizeof hub) != 0 &&
      errno != EINPROGRESS) {
    fail_errno("connect of " + named(index));
  }
  return index;
}

void SocketPool::finish_connect(std::size_t index) {
  Socket& socket = sockets_[index];
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(socket.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) fail_errno("SO_ERROR");
  if (error != 0) {
    errno = error;
    fail_errno("connect of " + named(index));
  }
  socket.phase = Phase::upgrading;
  socket.out = upgrade_request(port_);
  flush(index);
}

void SocketPool::queue(std::size_t index, std::string_view text) {
  Socket& socket = sockets_[index];
  append_frame(socket.phase == Phase::open ? socket.out : socket.held, Opcode::text, text);
}

void SocketPool::send(std::size_t index, std::string_view text) {
  queue(index, text);
  flush(index);
}

void SocketPool::flush(std::size_t index) {
  Socket& socket = sockets_[index];
  if (socket.phase == Phase::connecting) return;
  while (socket.out_sent < socket.out.size()) {
    const ssize_t sent = ::send(socket.fd, socket.out.data() + socket.out_sent,
                                socket.out.size() - socket.out_sent, MSG_NOSIGNAL);
    if (sent < 0) {
      if (errno == EAGAIN) {
        watch_writable(index, true);
        return;
      }
      // The hub closed it. Its reason may still be unread, so the read side gets to tell.
      if (errno != EPIPE && errno != ECONNRESET) fail_errno("send on " + named(index));
      break;
    }
    socket.out_sent += static_cast<std::size_t>(sent);
  }
  socket.out.clear();
  socket.out_sent = 0;
  watch_writable(index, false);
}

void SocketPool::watch_writable(std::size_t index, bool wanted) {
  Socket& socket = sockets_[index];
  if (socket.awaits_writable == wanted) return;
  socket.awaits_writable = wanted;
  epoll_event event{};
  event.events = wanted ? EPOLLIN | EPOLLOUT : EPOLLIN;
  event.data.u64 = index;
  if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket.fd, &event) != 0) fail_errno("epoll_ctl");
}

std::size_t SocketPool::pump(std::chrono::milliseconds timeout, const OnText& on_text) {
  fail_if_signalled();
  std::array<epoll_event, events_max> events;
  const int wait = waiting_ == Waiting::spins ? 0 : static_cast<int>(timeout.count());
  const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait);
  if (ready < 0) {
    if (errno != EINTR) fail_errno("epoll_wait");
    return 0;  // the next call sees what it was
  }
  std::size_t texts = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(ready); ++i) {
    const auto index = static_cast<std::size_t>(events[i].data.u64);
    const bool connecting = sockets_[index].phase == Phase::connecting;
    if (connecting) {
      finish_connect(index);
    } else if ((events[i].events & EPOLLOUT) != 0) {
      flush(index);
    }
    if (!connecting && (events[i].events & ~EPOLLOUT) != 0) texts += receive(index, on_text);
  }
  return texts;
}

void SocketPool::pump_until(const std::function<bool()>& done, std::string_view what,
                            const OnText& on_text) {
  using Clock = std::chrono::steady_clock;
  Clock::time_point last_frame = Clock::now();
  while (!done()) {
    if (pump(std::chrono::milliseconds(10), on_text) > 0) {
      last_frame = Clock::now();
    } else if (Clock::now() - last_frame > silence_max) {
      throw Failure("30 s without a frame while waiting for " + std::string(what));
    }
  }
}

std::size_t SocketPool::receive(std::size_t index, const OnText& on_text) {
  Socket& socket = sockets_[index];
  const std::size_t kept = socket.carry.size();
  if (buffer_.size() < kept + read_bytes) buffer_.resize(kept + read_bytes);
  const ssize_t got = ::recv(socket.fd, buffer_.data() + kept, read_bytes, 0);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) return 0;
    fail_errno("receive on " + named(index));
  }
  if (got == 0) throw Failure("the hub dropped " + named(index) + " without a close frame");
  std::memcpy(buffer_.data(), socket.carry.data(), kept);

  const std::string_view bytes(buffer_.data(), kept + static_cast<std::size_t>(got));
  std::size_t texts = 0;
  const std::size_t used = consume(index, bytes, on_text, texts);
  socket.carry.assign(bytes.substr(used));
  return texts;
}

std::size_t SocketPool::consume(std::size_t index, std::string_view bytes, const OnText& on_text,
                                std::size_t& texts) {
  Socket& socket = sockets_[index];
  std::size_t used = 0;
  if (socket.phase == Phase::upgrading) {
    const auto head = upgrade_answer_size(bytes);
    if (!head) return 0;
    used = *head;
    socket.phase = Phase::open;
    socket.out += std::exchange(socket.held, {});
    flush(index);
  }
  while (const auto frame = next_frame(bytes.substr(used))) {
    used += frame->size;
    switch (frame->opcode) {
      case Opcode::text:
        ++texts;
        on_text(index, frame->payload);
        break;
      case Opcode::ping:
        append_frame(socket.out, Opcode::pong, frame->payload);
        flush(index);
        break;
      case Opcode::pong:
        break;
      case Opcode::close:
        throw Failure("the hub closed " + named(index) + ": " + describe_close(frame->payload));
      case Opcode::binary:
        throw Failure("the hub sent a frame that is no text to " + named(index));
    }
  }
  return used;
}

}  // namespace synapse::bench
