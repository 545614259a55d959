// SPDX-License-Identifier: AGPL-3.0-or-later
// All WebSocket connections of one measurement, on one epoll set and one thread.
//
// Every scenario owns one for the life of its hub: it opens sockets, sends texts, and pumps; each
// text frame that arrives is handed to the scenario as a view, valid during the call. Pings are
// answered here. Guarantee: no frame is lost silently; a close, a reset, a refused upgrade or a
// binary frame throws Failure.
//
// It must be able to receive more than the hub can send, with a core no faster than the hub's. So:
// one read buffer for all sockets, large enough to take dozens of frames at one recv(); what a read
// leaves unfinished is set aside per socket; nothing is parsed but the frame header.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace synapse::bench {

// How the one thread waits for frames. Blocking is what a client does, and its wake-up is part of
// the latency a client sees; spinning leaves only the hub's.
enum class Waiting : std::uint8_t { blocks, spins };

class SocketPool {
 public:
  // May send on any socket of the pool, but not open one.
  using OnText = std::function<void(std::size_t socket, std::string_view text)>;

  SocketPool(std::uint16_t port, Waiting waiting);
  ~SocketPool();
  SocketPool(const SocketPool&) = delete;
  SocketPool& operator=(const SocketPool&) = delete;

  // Begins a connection and returns its index; the indices count from 0. Texts may be queued at
  // once: they leave after the upgrade.
  std::size_t open();
  [[nodiscard]] std::size_t size() const { return sockets_.size(); }

  // A queued text leaves at the next flush of its socket, with all others of that socket.
  void queue(std::size_t socket, std::string_view text);
  void flush(std::size_t socket);
  void send(std::size_t socket, std::string_view text);

  // Waits for at most `timeout` (not at all when spinning), then takes what is there. Returns the
  // number of text frames.
  std::size_t pump(std::chrono::milliseconds timeout, const OnText& on_text);

  // Pumps until `done`. Throws Failure naming `what` after 30 s without any frame.
  void pump_until(const std::function<bool()>& done, std::string_view what, const OnText& on_text);

 private:
  enum class Phase : std::uint8_t { connecting, upgrading, open };
  struct Socket {
    int fd = -1;
    Phase phase = Phase::connecting;
    bool awaits_writable = true;
    std::string out;  // from out_sent on: ready to leave
    std::size_t out_sent = 0;
    std::string held;   // frames queued before the upgrade was answered
    std::string carry;  // an unfinished frame's first bytes
  };

  void finish_connect(std::size_t index);
  std::size_t receive(std::size_t index, const OnText& on_text);
  std::size_t consume(std::size_t index, std::string_view bytes, const OnText& on_text,
                      std::size_t& texts);
  void watch_writable(std::size_t index, bool wanted);

  std::uint16_t port_;
  Waiting waiting_;
  int epoll_ = -1;
  std::deque<Socket> sockets_;
  std::vector<char> buffer_;
};

}  // namespace synapse::bench
