// SPDX-License-Identifier: AGPL-3.0-or-later
// A Mailbox for a thread that sleeps in poll() because it waits for other descriptors too.
#pragma once

#include <optional>
#include <utility>

#include "base/bell.hpp"
#include "net/mailbox.hpp"

namespace synapse::net {

template <class Item>
class PollBox {
 public:
  explicit PollBox(std::size_t items_max) : items_(items_max) {}

  // From any thread.
  void put(Item item) {
    items_.put(std::move(item));
    bell_.ring();
  }

  // Readable while something may be in it.
  [[nodiscard]] int descriptor() const { return bell_.descriptor(); }
  // The oldest item, without waiting. A thread that has been woken takes until nothing is left.
  std::optional<Item> take() {
    if (std::optional<Item> item = items_.take(std::chrono::nanoseconds(0))) return item;
    // First silence, then a last look: what is put in between rings again.
    bell_.answer();
    return items_.take(std::chrono::nanoseconds(0));
  }

 private:
  Mailbox<Item> items_;
  base::Bell bell_;
};

}  // namespace synapse::net
