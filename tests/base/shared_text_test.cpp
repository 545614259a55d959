// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/shared_text.hpp"

#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

using synapse::SharedText;

namespace {

bool is_same_block(const SharedText& a, const SharedText& b) {
  return a.view().data() == b.view().data();
}

}  // namespace

TEST_CASE("a shared text reads as what it was made of, and its copies are the same block",
          "[base]") {
  const std::string with_zero("a\0b", 3);
  const SharedText text(with_zero);
  CHECK(text.view() == with_zero);
  CHECK(text.size() == 3);
  SharedText copy = text;
  CHECK(is_same_block(copy, text));
  copy = std::string("other");
  CHECK(copy == "other");
  CHECK(text == with_zero);
  CHECK_FALSE(is_same_block(copy, text));
  // Equal, and not the same.
  CHECK(SharedText("x") == SharedText("x"));
  CHECK_FALSE(is_same_block(SharedText("x"), SharedText("x")));
}

TEST_CASE("a shared text that is blank, moved from or given to itself is in order", "[base]") {
  CHECK(SharedText().empty());
  CHECK(SharedText("").empty());
  CHECK(SharedText("") == SharedText());
  SharedText from("x");
  const SharedText to = std::move(from);
  CHECK(to == "x");
  CHECK(from.empty());  // NOLINT(bugprone-use-after-move)
  SharedText self("y");
  const SharedText& same = self;
  self = same;
  CHECK(self == "y");
}

TEST_CASE("the last handle of a shared text may go on any thread", "[base]") {
  SharedText text(std::string(1000, 'x'));
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([mine = text] {
      for (int round = 0; round < 1000; ++round) {
        const SharedText copy = mine;
        if (copy.size() != 1000) throw std::logic_error("it changed");
      }
    });
  }
  text = SharedText();
}
