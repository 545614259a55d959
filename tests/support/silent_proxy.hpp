// SPDX-License-Identifier: AGPL-3.0-or-later
// SilentProxy: stands between a client and a hub on loopback, passes everything on, and from one
// moment on passes nothing: the connections stay open and neither side is told, as when a cable is
// pulled or a tunnel hangs. New connections are accepted, and as silent.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "support/fd.hpp"

namespace synapse::test {

class SilentProxy {
 public:
  explicit SilentProxy(std::uint16_t to_port);
  ~SilentProxy();
  SilentProxy(const SilentProxy&) = delete;
  SilentProxy& operator=(const SilentProxy&) = delete;

  [[nodiscard]] std::string uri() const { return "ws://127.0.0.1:" + std::to_string(port_); }
  // What has not been passed on by now never will be. From any thread.
  void fall_silent() { is_silent_ = true; }

 private:
  struct Pair {
    Fd client;
    Fd hub;
  };

  void run();
  void accept_one();
  // False: one of the two is gone.
  [[nodiscard]] static bool pass_on(const Fd& from, const Fd& to);

  const std::uint16_t to_port_;
  std::uint16_t port_;
  Fd listener_;
  std::atomic<bool> is_silent_ = false;
  std::atomic<bool> is_over_ = false;
  std::vector<Pair> pairs_;  // The thread's.
  std::thread thread_;       // Last: it starts when all else is there.
};

}  // namespace synapse::test
