// SPDX-License-Identifier: AGPL-3.0-or-later
// One agent that claims a file and releases it, in turn. Frames of others' claims are ignored.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "frame_text.hpp"
#include "socket_pool.hpp"

namespace synapse::bench {

class ClaimLoop {
 public:
  // `folder`: where its files are.
  ClaimLoop(SocketPool& pool, std::size_t socket, std::string name, std::string folder)
      : pool_(pool), socket_(socket), name_(std::move(name)), folder_(std::move(folder)) {}

  // From the claim's leaving to its grant, in µs; a tenth more go before, untimed.
  std::vector<double> time_claims(std::size_t iterations) {
    std::vector<double> times;
    times.reserve(iterations);
    const std::size_t warm_up = iterations / 10 + 1;
    for (std::size_t i = 0; i < warm_up + iterations; ++i) {
      task_ = "task-" + std::to_string(i);
      const std::string path = folder_ + "/own-" + std::to_string(i % 97) + "/main.cpp";
      const std::string claim = claim_text(name_, task_, path);
      const std::string release = release_text(name_, task_);
      const Clock::time_point begin = Clock::now();
      exchange(claim, "claim_granted");
      const Clock::time_point end = Clock::now();
      exchange(release, "release_granted");
      if (i >= warm_up) {
        times.push_back(std::chrono::duration<double, std::micro>(end - begin).count());
      }
    }
    return times;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void exchange(std::string_view request, std::string_view answer) {
    bool answered = false;
    pool_.send(socket_, request);
    pool_.pump_until([&] { return answered; }, answer,
                     [&](std::size_t socket, std::string_view frame) {
                       if (socket != socket_) return;
                       const std::string_view type = type_of(frame);
                       if (type != answer) return expect_no_refusal(type, frame);
                       answered = string_field(frame, "owner") == name_ &&
                                  string_field(frame, "task_id") == task_;
                     });
  }

  SocketPool& pool_;
  std::size_t socket_;
  std::string name_;
  std::string folder_;
  std::string task_;
};

}  // namespace synapse::bench
