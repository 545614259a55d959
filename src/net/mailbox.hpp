// SPDX-License-Identifier: AGPL-3.0-or-later
// Hands items from one thread to others that wait for them: the one place where a caller's thread
// and an I/O thread meet. Bounded: when it is full, the oldest item makes room, and is counted, so
// that the I/O thread never waits for a slow reader.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/error.hpp"

namespace synapse::net {

template <class Item>
class Mailbox {
 public:
  explicit Mailbox(std::size_t items_max) : items_max_(items_max) {}

  // Whoever takes the last item may destroy the box at once: that is why it is told under the lock.
  void put(Item item) {
    const std::lock_guard lock(mutex_);
    if (items_.size() >= items_max_) {
      items_.pop_front();
      ++dropped_;
    }
    items_.push_back(std::move(item));
    changed_.notify_one();
  }

  // The oldest item; waits until there is one, the box is closed, or the time is up (none given:
  // for ever).
  std::optional<Item> take(std::optional<std::chrono::nanoseconds> patience = std::nullopt) {
    std::unique_lock lock(mutex_);
    const auto is_ready = [this] { return !items_.empty() || closed_; };
    if (patience) {
      // Added to the clock's now, a longer one would overflow.
      changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(*patience, patience_max),
                        is_ready);
    } else {
      changed_.wait(lock, is_ready);
    }
    if (items_.empty()) return std::nullopt;
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  // Nobody waits any more: what is in the box can still be taken.
  void close(Error why) {
    const std::lock_guard lock(mutex_);
    closed_ = std::move(why);
    changed_.notify_all();
  }
  void reopen() {
    const std::lock_guard lock(mutex_);
    closed_.reset();
  }

  // Why nothing will come: nothing while the box is open or holds something.
  [[nodiscard]] std::optional<Error> end() const {
    const std::lock_guard lock(mutex_);
    return items_.empty() ? closed_ : std::nullopt;
  }
  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock(mutex_);
    return dropped_;
  }

 private:
  static constexpr std::chrono::hours patience_max{24 * 365};

  const std::size_t items_max_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  std::optional<Error> closed_;
  std::uint64_t dropped_ = 0;
};

}  // namespace synapse::net
