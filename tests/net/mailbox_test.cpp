// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/mailbox.hpp"

#include <memory>
#include <thread>

#include "support/catch.hpp"

namespace synapse::net {

using namespace std::chrono_literals;

TEST_CASE("a mailbox gives its items in their order", "[net][mailbox]") {
  Mailbox<int> box(8);
  box.put(1);
  box.put(2);
  CHECK(box.take() == 1);
  CHECK(box.take(0ms) == 2);
  CHECK_FALSE(box.take(0ms));
  CHECK_FALSE(box.end());
}

TEST_CASE("a full mailbox drops its oldest item and counts it", "[net][mailbox]") {
  Mailbox<int> box(2);
  for (const int item : {1, 2, 3, 4}) box.put(item);
  CHECK(box.dropped() == 2);
  CHECK(box.take() == 3);
  CHECK(box.take() == 4);
}

TEST_CASE("a closed mailbox gives what it holds, then says why it was closed", "[net][mailbox]") {
  Mailbox<int> box(2);
  box.put(1);
  box.close(fail(ErrorCode::closed, "gone"));
  CHECK_FALSE(box.end());
  CHECK(box.take() == 1);
  CHECK_FALSE(box.take());
  REQUIRE(box.end());
  CHECK(box.end()->message == "gone");
  box.reopen();
  CHECK_FALSE(box.end());
}

TEST_CASE("who waits at a mailbox is woken by an item and by its closing", "[net][mailbox]") {
  Mailbox<int> box(2);
  std::optional<int> got;
  std::thread item([&] { got = box.take(); });
  box.put(7);
  item.join();
  CHECK(got == 7);
  std::thread closing([&] { got = box.take(std::chrono::nanoseconds::max()); });
  box.close(fail(ErrorCode::closed));
  closing.join();
  CHECK_FALSE(got);
}

TEST_CASE("who takes the last item may destroy the box at once", "[net][mailbox]") {
  // ThreadSanitizer is the judge: the giver may touch nothing of the box once its item is out.
  for (int round = 0; round < 300; ++round) {
    auto box = std::make_unique<Mailbox<int>>(1);
    std::thread giver([&to = *box] { to.put(7); });
    const std::optional<int> got = box->take();
    box.reset();
    giver.join();
    REQUIRE(got == 7);
  }
}

}  // namespace synapse::net
