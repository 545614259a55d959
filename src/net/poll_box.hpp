// SPDX-License-Identifier: AGPL-3.0-or-later
// A Mailbox for a thread that sleeps in poll() because it waits for other descriptors too.
#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "net/mailbox.hpp"

namespace synapse::net {

template <class Item>
class PollBox {
 public:
  explicit PollBox(std::size_t items_max)
      : items_(items_max), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (event_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~PollBox() { close(event_); }
  PollBox(const PollBox&) = delete;
  PollBox& operator=(const PollBox&) = delete;

  // From any thread.
  void put(Item item) {
    items_.put(std::move(item));
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is readable already.
    [[maybe_unused]] const ssize_t written = write(event_, &one, sizeof(one));
  }

  // Readable while something may be in it.
  [[nodiscard]] int descriptor() const { return event_; }
  // The oldest item, without waiting. Who has been woken takes until nothing is left.
  std::optional<Item> take() {
    if (std::optional<Item> item = items_.take(std::chrono::nanoseconds(0))) return item;
    std::uint64_t count = 0;
    // First silence, then a last look: what is put in between rings again.
    [[maybe_unused]] const ssize_t bytes = read(event_, &count, sizeof(count));
    return items_.take(std::chrono::nanoseconds(0));
  }

 private:
  Mailbox<Item> items_;
  const int event_;
};

}  // namespace synapse::net
