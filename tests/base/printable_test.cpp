// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/printable.hpp"

#include "base/printable_table.hpp"
#include "support/catch.hpp"

using namespace synapse::base;

TEST_CASE("text with a character that has no shape of its own is unprintable",
          "[base][printable]") {
  for (const char* text : {"a\tb", "a\x7f", "\xC2\x80", "a\xC2\xA0",
                           "a\xC2\xAD"
                           "b",
                           "\xE2\x80\x8B", "\xE2\x80\xA8", "\xE2\x80\xAE", "\xE3\x80\x80",
                           "\xE3\x85\xA4", "\xEE\x80\x80", "\xCD\xB8", "\xEF\xB8\x8F",
                           "\xEF\xBB\xBF", "\xF3\xA0\x81\x81", "\xF4\x8F\xBF\xBF"}) {
    INFO(escape_unprintable(text));
    CHECK(has_unprintable(text));
    CHECK_FALSE(has_unprintable(escape_unprintable(text)));
  }
  CHECK(has_unprintable(std::string("a\0b", 3)));
  CHECK(has_unprintable("not UTF-8: \xFF"));
}

TEST_CASE("text that a reader can tell from other text is printable", "[base][printable]") {
  for (const char* text : {"", "a b", "src/main.c", "~", "h\xC3\xA9", "\xCE\xB1", "\xE6\xBC\xA2",
                           "\xF0\x9F\x98\x80", "\xD8\xA7"}) {
    INFO(text);
    CHECK_FALSE(has_unprintable(text));
    CHECK(escape_unprintable(text) == text);
  }
}

TEST_CASE("what is unprintable is shown by its number", "[base][printable]") {
  CHECK(escape_unprintable("T\xE2\x80\x8B!") == "T\\u{200b}!");
  CHECK(escape_unprintable("\xF3\xA0\x81\x81") == "\\u{e0041}");
  CHECK(escape_unprintable("\xFF") == "\\u{ff}");
}

TEST_CASE("the table's ranges rise and neither overlap nor touch", "[base][printable]") {
  char32_t last = 0;
  bool is_first = true;
  for (const PointRange& range : unprintable_ranges) {
    CHECK(range.first <= range.last);
    if (!is_first) CHECK(range.first > last + 1);
    is_first = false;
    last = range.last;
  }
  CHECK(last == 0x10FFFF);
}
