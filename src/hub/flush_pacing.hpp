// SPDX-License-Identifier: AGPL-3.0-or-later
// When the hub writes what it has to say.
//
// An answer to one socket leaves at once: a frame that comes alone wakes nobody. What goes to many
// sockets, or waits for a commit, waits for what follows: frames that arrive together are then
// committed together, and reach each socket in one write. Whether something follows is seen by
// looking again behind all that is ready to run, twice: a socket's next message, which may be there
// already, is read behind the first look. Without that, 64 agents that hear each other cost the hub
// eight times as much.
//
// A look behind others is soon over where another thread reads them. So looking also goes on until
// about as many have come as the last times, as long as one comes every few microseconds: those
// whose answers left together are heard of together, and one that is early would take a commit, or
// a write to each socket, for itself.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "base/clock.hpp"

namespace synapse::hub {

class FlushPacing {
 public:
  enum class Reach { one, many };

  // After a look that found so many frames, whose answers reach so far by now: whether to look once
  // more, behind what is ready to run, before anything is written.
  [[nodiscard]] bool looks_again(std::size_t news, Reach reach, Mono now) {
    frames_ += news;
    if (news > 0) {
      looks_ = reach == Reach::one ? 0 : looks_max;
      heard_ = now;
    }
    if (is_long()) return false;
    if (looks_ > 0) {
      --looks_;
      return true;
    }
    return reach == Reach::many && frames_ > 0 && frames_ < expected_ && now - heard_ < gap_max;
  }
  // Others on the strand have waited for long enough.
  [[nodiscard]] bool is_long() const { return frames_ >= frames_max; }
  // All is written.
  void rest() {
    if (frames_ > 0) expected_ = (frames_ + expected_) / 2;
    frames_ = looks_ = 0;
  }

  static constexpr std::size_t frames_max = 256;
  static constexpr std::chrono::microseconds gap_max{20};

 private:
  static constexpr std::size_t looks_max = 2;

  std::size_t frames_ = 0;  // Since the last rest.
  std::size_t looks_ = 0;
  std::size_t expected_ = 0;  // Frames between two rests, of late.
  Mono heard_{0};
};

}  // namespace synapse::hub
