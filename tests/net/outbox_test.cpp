// SPDX-License-Identifier: AGPL-3.0-or-later
#include "net/outbox.hpp"

#include <string>
#include <vector>

#include "support/catch.hpp"

namespace synapse::net {

namespace {

using Put = Outbox::Put;
using Buffers = std::vector<boost::asio::const_buffer>;

SharedFrame raw(const std::string& bytes) { return raw_frame(bytes); }

std::string text_of(const Buffers& buffers) {
  std::string text;
  for (const auto& buffer : buffers) {
    text.append(static_cast<const char*>(buffer.data()), buffer.size());
  }
  return text;
}

// What a writer would write next; nothing: it goes to sleep.
std::string gathered(Outbox& outbox) {
  Buffers buffers;
  return outbox.gather(buffers) ? text_of(buffers) : std::string();
}

// The marks of the frames that are out with so many bytes more.
std::vector<WrittenMark> sent(Outbox& outbox, std::size_t bytes) {
  std::vector<WrittenMark> marks;
  outbox.sent(bytes, marks);
  return marks;
}

}  // namespace

TEST_CASE("a marked frame is told of once its last byte is out", "[net][outbox]") {
  using Marks = std::vector<WrittenMark>;
  Outbox outbox({10, 100});
  CHECK(outbox.put(raw("abc"), 7) == Put::wake);
  CHECK(outbox.put(raw("de")) == Put::queued);
  CHECK(outbox.put(raw("f"), 8) == Put::queued);
  CHECK(gathered(outbox) == "abcdef");
  CHECK(sent(outbox, 2).empty());
  CHECK(gathered(outbox) == "cdef");
  CHECK(sent(outbox, 1) == Marks{7});
  CHECK(gathered(outbox) == "def");
  CHECK(sent(outbox, 3) == Marks{8});
  // One that is cut was not written.
  CHECK(gathered(outbox).empty());
  CHECK(outbox.put(raw("gh"), 9) == Put::wake);
  CHECK(outbox.cut(raw("!")) == Put::queued);
  CHECK(gathered(outbox) == "!");
  CHECK(sent(outbox, 1).empty());
}

TEST_CASE("the first frame wakes the writer, and those after it ride along", "[net][outbox]") {
  Outbox outbox({10, 100});
  CHECK(outbox.put(raw("ab")) == Put::wake);
  CHECK(outbox.put(raw("cd")) == Put::queued);
  CHECK(gathered(outbox) == "abcd");
  CHECK(outbox.put(raw("ef")) == Put::queued);
  static_cast<void>(sent(outbox, 4));
  CHECK(gathered(outbox) == "ef");
  static_cast<void>(sent(outbox, 2));
  CHECK(gathered(outbox).empty());
  CHECK(outbox.put(raw("gh")) == Put::wake);
}

TEST_CASE("a partial write goes on where it stopped", "[net][outbox]") {
  Outbox outbox({10, 100});
  CHECK(outbox.put(raw("abc")) == Put::wake);
  CHECK(outbox.put(raw("def")) == Put::queued);
  CHECK(gathered(outbox) == "abcdef");
  static_cast<void>(sent(outbox, 2));
  CHECK(gathered(outbox) == "cdef");
  static_cast<void>(sent(outbox, 3));
  CHECK(gathered(outbox) == "f");
  static_cast<void>(sent(outbox, 1));
  CHECK(gathered(outbox).empty());
}

TEST_CASE("an outbox holds so many frames and not one more", "[net][outbox]") {
  Outbox outbox({2, 100});
  CHECK(outbox.put(raw("a")) == Put::wake);
  CHECK(outbox.put(raw("b")) == Put::queued);
  CHECK(outbox.put(raw("c")) == Put::overflow);
  CHECK(gathered(outbox) == "ab");
  static_cast<void>(sent(outbox, 1));
  CHECK(outbox.put(raw("d")) == Put::queued);
  CHECK(gathered(outbox) == "bd");
}

TEST_CASE("an outbox holds so many bytes and not one more", "[net][outbox]") {
  Outbox outbox({10, 4});
  CHECK(outbox.put(raw("abc")) == Put::wake);
  CHECK(outbox.put(raw("de")) == Put::overflow);
  CHECK(outbox.put(raw("d")) == Put::queued);
  CHECK(gathered(outbox) == "abcd");
  static_cast<void>(sent(outbox, 3));
  CHECK(outbox.put(raw("efg")) == Put::queued);
  CHECK(gathered(outbox) == "defg");
}

TEST_CASE("one gather takes no more buffers than one write can", "[net][outbox]") {
  Outbox outbox({1000, 1000});
  for (std::size_t i = 0; i < Outbox::buffers_max + 1; ++i) (void)outbox.put(raw("x"));
  Buffers buffers;
  REQUIRE(outbox.gather(buffers));
  CHECK(buffers.size() == Outbox::buffers_max);
  static_cast<void>(sent(outbox, Outbox::buffers_max));
  REQUIRE(outbox.gather(buffers));
  CHECK(buffers.size() == 1);
}

TEST_CASE("after the last frame nothing more goes in, and it goes in even when full",
          "[net][outbox]") {
  Outbox outbox({1, 2});
  CHECK(outbox.put(raw("ab")) == Put::wake);
  CHECK(outbox.finish(raw("END")) == Put::queued);
  CHECK(outbox.put(raw("c")) == Put::closed);
  CHECK(outbox.finish(raw("AGAIN")) == Put::closed);
  CHECK(gathered(outbox) == "abEND");
  CHECK_FALSE(outbox.is_done());
  static_cast<void>(sent(outbox, 5));
  CHECK(outbox.is_done());
}

TEST_CASE("a cut drops what nobody has begun to write", "[net][outbox]") {
  Outbox outbox({10, 100});
  CHECK(outbox.put(raw("abc")) == Put::wake);

  SECTION("all of it, when the writer has not come yet") {
    (void)outbox.put(raw("def"));
    CHECK(outbox.cut(raw("END")) == Put::queued);
    CHECK(gathered(outbox) == "END");
  }
  SECTION("but not what the writer has in hand") {
    CHECK(gathered(outbox) == "abc");
    (void)outbox.put(raw("def"));
    CHECK(outbox.cut(raw("END")) == Put::queued);
    static_cast<void>(sent(outbox, 3));
    CHECK(gathered(outbox) == "END");
  }
  SECTION("nor a frame of which a part is gone: the stream must stay whole") {
    CHECK(gathered(outbox) == "abc");
    static_cast<void>(sent(outbox, 1));
    (void)outbox.put(raw("def"));
    CHECK(outbox.cut(raw("END")) == Put::queued);
    CHECK(gathered(outbox) == "bcEND");
  }
  CHECK(outbox.put(raw("late")) == Put::closed);
  CHECK(outbox.cut(raw("again")) == Put::closed);
}

TEST_CASE("an outbox that is not finished is never done", "[net][outbox]") {
  Outbox outbox({10, 100});
  CHECK_FALSE(outbox.is_done());
  CHECK(outbox.put(raw("a")) == Put::wake);
  (void)gathered(outbox);
  static_cast<void>(sent(outbox, 1));
  CHECK_FALSE(outbox.is_done());
  CHECK(outbox.finish(raw("END")) == Put::queued);
  (void)gathered(outbox);
  static_cast<void>(sent(outbox, 3));
  CHECK(outbox.is_done());
}

TEST_CASE("while all frames together are too much, a reader may have its share waiting",
          "[net][outbox]") {
  const std::size_t others = Frame::live_bytes();
  Outbox::Bounds bounds;
  bounds.all_bytes_max = others + 1'000;
  bounds.share_bytes = 100;
  Outbox slow(bounds);
  Outbox quick(bounds);
  const SharedFrame large = raw(std::string(600, 'x').c_str());
  CHECK(slow.put(large) == Put::wake);
  CHECK(slow.put(large) == Put::queued);  // The same frame is there once.
  const SharedFrame other = raw(std::string(600, 'y').c_str());
  CHECK(slow.put(other) == Put::overflow);
  CHECK(quick.put(other) == Put::wake);
  CHECK(Frame::live_bytes() == others + 1'200);
}

}  // namespace synapse::net
