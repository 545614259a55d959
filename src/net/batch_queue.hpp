// SPDX-License-Identifier: AGPL-3.0-or-later
// Items from many threads to one consumer that takes them a batch at a time: one wake-up a batch,
// however many items.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

namespace synapse::net {

template <class Item>
class BatchQueue {
 public:
  // True: the consumer is asleep and must be scheduled.
  [[nodiscard]] bool push(Item item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    return !std::exchange(scheduled_, true);
  }

  // All that waits.
  [[nodiscard]] std::vector<Item> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(items_, {});
  }
  // Whether the consumer may sleep, for nothing waits: the next push says that it must be woken.
  [[nodiscard]] bool sleep() {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) scheduled_ = false;
    return items_.empty();
  }

 private:
  std::mutex mutex_;
  std::vector<Item> items_;
  bool scheduled_ = false;
};

}  // namespace synapse::net
