// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/control.hpp"

#include "support/catch.hpp"

using namespace synapse::base;
using namespace std::string_literals;

TEST_CASE("characters that steer a terminal or turn text around are control characters",
          "[base][control]") {
  for (const char* bad : {"a\x1b[2J", "\n", "\t", "\x7f", "\xc2\x85", "\xc2\x9b", "\xe2\x80\xae",
                          "\xe2\x81\xa6", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xef\xbb\xbf",
                          "\xd8\x9c", "\xe2\x80\x8b", "\xe2\x81\xa0", "\xf3\xa0\x81\x81"}) {
    CHECK(has_control(bad));
  }
  CHECK(has_control("\0"s));
  for (const char* good :
       {"", "a b", "\xc2\xa0", "\xc3\xa9", "\xf0\x9f\x92\xa9", "\xe2\x80\x8d", "\xd8\x9b"}) {
    CHECK_FALSE(has_control(good));
  }
}

TEST_CASE("an escaped text shows what a terminal would have obeyed", "[base][control]") {
  CHECK(escape_control("\x1b[31mred", LineBreaks::escape) == "\\x1b[31mred");
  CHECK(escape_control("a\nb\tc", LineBreaks::escape) == "a\\x0ab\\x09c");
  CHECK(escape_control("a\nb\tc\r", LineBreaks::keep) == "a\nb\tc\\x0d");
  CHECK(escape_control("\xe2\x80\xae\xc3\xa9", LineBreaks::escape) == "\\u202e\xc3\xa9");
  CHECK(escape_control("\xf3\xa0\x81\x81", LineBreaks::escape) == "\\U000e0041");
  CHECK(escape_control("\xff", LineBreaks::keep) == "\\xff");
  CHECK(escape_control("\xc2\x9b", LineBreaks::keep) == "\\x9b");
}
