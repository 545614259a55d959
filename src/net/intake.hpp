// SPDX-License-Identifier: AGPL-3.0-or-later
// What one WebSocket holds of its peer's messages: what has arrived of the next one, and those that
// are under way. Bounded for each, for a peer that nobody knows yet, and with all others together.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>

namespace synapse::net {

class Intake {
 public:
  struct Bounds {
    std::size_t stranger_bytes_max;   // Of an unfinished message, before its peer is admitted.
    std::size_t messages_max;         // Under way.
    std::size_t bytes_max;            // Under way; and one message more.
    std::size_t all_bytes_max;        // Of all connections; then whoever has much is turned away.
    std::size_t unfinished_bytes_ok;  // What is not much.
    std::size_t read_bytes;           // At once.
  };
  enum class Verdict {
    go_on,
    wait,       // For what is under way.
    too_large,  // From a stranger.
    full,       // All together hold too much.
  };

  // `all` is what all connections hold, and outlives this.
  Intake(const Bounds& bounds, std::atomic<std::size_t>& all) : bounds_(bounds), all_(all) {}
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;
  ~Intake() { all_ -= unfinished_ + bytes_; }

  // So much of a message is there; on the connection's strand, as what follows.
  void arrived(std::size_t unfinished) {
    all_ += unfinished - unfinished_;
    unfinished_ = unfinished;
  }
  // It is there whole, and handed on.
  void handed_on() {
    const std::lock_guard lock(mutex_);
    const std::size_t whole = unfinished_.exchange(0);
    under_way_.push_back(whole);
    bytes_ += whole;
  }
  // Nothing more will be read.
  void drop_unfinished() { arrived(0); }

  // Any thread.
  void dealt_with(std::size_t messages) {
    const std::lock_guard lock(mutex_);
    for (; messages > 0 && !under_way_.empty(); --messages) {
      bytes_ -= under_way_.front();
      all_ -= under_way_.front();
      under_way_.pop_front();
    }
  }
  void admit() { is_admitted_ = true; }

  // What to do before reading on.
  [[nodiscard]] Verdict verdict() const {
    const std::lock_guard lock(mutex_);
    const bool is_waited_for = !under_way_.empty();
    const bool is_much = unfinished_ > bounds_.unfinished_bytes_ok;
    if (!is_admitted_ && unfinished_ > bounds_.stranger_bytes_max) {
      return is_waited_for ? Verdict::wait : Verdict::too_large;
    }
    if (under_way_.size() >= bounds_.messages_max || bytes_ >= bounds_.bytes_max) {
      return Verdict::wait;
    }
    if (all_ <= bounds_.all_bytes_max) return Verdict::go_on;
    if (is_waited_for) return Verdict::wait;
    return is_much ? Verdict::full : Verdict::go_on;
  }
  // The most to read at once.
  [[nodiscard]] std::size_t read_max() const {
    if (is_admitted_ || unfinished_ > bounds_.stranger_bytes_max) return bounds_.read_bytes;
    return bounds_.stranger_bytes_max + 1 - unfinished_;
  }

 private:
  const Bounds bounds_;
  std::atomic<std::size_t>& all_;
  std::atomic<bool> is_admitted_ = false;
  std::atomic<std::size_t> unfinished_ = 0;
  mutable std::mutex mutex_;
  std::deque<std::size_t> under_way_;  // Sizes.
  std::size_t bytes_ = 0;              // Their sum.
};

}  // namespace synapse::net
