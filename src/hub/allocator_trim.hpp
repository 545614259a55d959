// SPDX-License-Identifier: AGPL-3.0-or-later
// Gives memory back after a crowd: a thousand agents joining leave behind many megabytes of freed
// rosters, which the allocator would keep. A second after they came those go back to the system.
#pragma once

#include <malloc.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>

namespace synapse::hub {

class AllocatorTrim {
 public:
  explicit AllocatorTrim(const boost::asio::any_io_executor& executor) : timer_(executor) {}

  // A socket came.
  void count() { ++came_; }
  void arm_after_crowd() {
    constexpr int crowd = 256;
    if (came_ < crowd) return;
    came_ = 0;
    timer_.expires_after(std::chrono::seconds(1));
    timer_.async_wait([](const boost::system::error_code& error) {
      if (!error) malloc_trim(0);
    });
  }

 private:
  boost::asio::steady_timer timer_;
  int came_ = 0;  // Since the last trim.
};

}  // namespace synapse::hub
