// SPDX-License-Identifier: AGPL-3.0-or-later
// A timer that calls its owner once, and never after it was set anew or cancelled: Asio's own may
// have its handler in the queue already by then. Lives on its owner's executor; the owner outlives
// what the alarm calls.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace synapse::net {

class Alarm {
 public:
  explicit Alarm(const boost::asio::any_io_executor& executor) : timer_(executor) {}
  ~Alarm() { cancel(); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(std::chrono::steady_clock::time_point due, std::function<void()> ring) {
    const std::uint64_t setting = ++*setting_;
    timer_.expires_at(due);
    timer_.async_wait(
        [setting, current = setting_, ring = std::move(ring)](const boost::system::error_code&) {
          if (*current == setting) ring();
        });
  }
  void set(std::chrono::nanoseconds delay, std::function<void()> ring) {
    set(std::chrono::steady_clock::now() + delay, std::move(ring));
  }
  void cancel() {
    ++*setting_;
    timer_.cancel();
  }

 private:
  boost::asio::steady_timer timer_;
  std::shared_ptr<std::uint64_t> setting_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace synapse::net
