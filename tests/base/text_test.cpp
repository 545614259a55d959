// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/text.hpp"

#include "support/catch.hpp"

namespace {

using namespace synapse::base;
using namespace std::string_literals;

}  // namespace

TEST_CASE("white space goes from both ends and stays inside", "[base][text]") {
  CHECK(trim("  a b\t\r\n") == "a b");
  CHECK(trim("\v\fa") == "a");
  CHECK(trim("") == "");
  CHECK(trim(" \n ") == "");
  CHECK(trimmed(" a ") == "a"s);
}

TEST_CASE("Unicode's own spaces are white space and its letters are not", "[base][text]") {
  CHECK(trim("\xc2\xa0x\xe3\x80\x80") == "x");  // No-break space, ideographic space.
  CHECK(trim("\xe2\x80\xa8x\xe2\x80\xa9\xe1\x9a\x80") == "x");  // Line, paragraph, ogham.
  CHECK(trim("\xc3\xa9") == "\xc3\xa9");
  CHECK(trim("\xe2\x80\x8bx") == "\xe2\x80\x8bx");  // The zero-width space is none.
}

TEST_CASE("trimming leaves broken bytes at the ends alone", "[base][text]") {
  CHECK(trim(" \xff \x80 ") == "\xff \x80");
  CHECK(trim("\xa0") == "\xa0");  // The no-break space's code, but no UTF-8.
  CHECK(trim("x\xc2") == "x\xc2");
}

TEST_CASE("only ASCII letters become lower case", "[base][text]") {
  CHECK(to_lower("CHAT_Request1") == "chat_request1");
  CHECK(to_lower("\xc3\x89") == "\xc3\x89");
}

TEST_CASE("splitting keeps empty parts and joining puts them back", "[base][text]") {
  CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(join({}, ", ").empty());
  CHECK(join({"same", "same"}, "/") == "same/same");
}

TEST_CASE("UTF-8 is accepted in its shortest form only", "[base][text]") {
  for (const char* good : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_valid_utf8(good));
  }
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xf0\x80\x80\x80",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xc3", "\xe2\x82",
        "\xf0\x9f\x92", "\xc3(", "\xe2\x28\xa1"}) {
    CHECK_FALSE(is_valid_utf8(bad));
  }
}

TEST_CASE("surrogates are not characters", "[base][text]") {
  CHECK_FALSE(is_valid_utf8("\xed\xa0\x80"));
  CHECK_FALSE(is_valid_utf8("\xed\xbf\xbf"));
}

TEST_CASE("code points come one a character, broken bytes one each", "[base][text]") {
  CHECK(code_points("a\xc3\xa9\xf0\x9f\x92\xa9") == U"a\u00e9\U0001f4a9");
  CHECK(code_points("\xffz\xe2\x82") == U"\ufffdz\ufffd\ufffd");
}

TEST_CASE("characters that steer a terminal or turn text around are control characters",
          "[base][text]") {
  for (const char* bad : {"a\x1b[2J", "\n", "\t", "\x7f", "\xc2\x85", "\xc2\x9b", "\xe2\x80\xae",
                          "\xe2\x81\xa6", "\xe2\x80\x8f", "\xe2\x80\xa8", "\xef\xbb\xbf"}) {
    CHECK(has_control(bad));
  }
  CHECK(has_control("\0"s));
  for (const char* good : {"", "a b", "\xc2\xa0", "\xc3\xa9", "\xf0\x9f\x92\xa9"}) {
    CHECK_FALSE(has_control(good));
  }
}

TEST_CASE("an escaped text shows what a terminal would have obeyed", "[base][text]") {
  CHECK(escape_control("\x1b[31mred", LineBreaks::escape) == "\\x1b[31mred");
  CHECK(escape_control("a\nb\tc", LineBreaks::escape) == "a\\x0ab\\x09c");
  CHECK(escape_control("a\nb\tc\r", LineBreaks::keep) == "a\nb\tc\\x0d");
  CHECK(escape_control("\xe2\x80\xae\xc3\xa9", LineBreaks::escape) == "\\u202e\xc3\xa9");
  CHECK(escape_control("\xff", LineBreaks::keep) == "\\xff");
  CHECK(escape_control("\xc2\x9b", LineBreaks::keep) == "\\x9b");
}

TEST_CASE("tokens are equal only when all their bytes are", "[base][text]") {
  CHECK(constant_time_equal("secret", "secret"));
  CHECK(constant_time_equal("", ""));
  for (const char* other : {"secreT", "Secret", "secre", "secrets", "", "secretsecret"}) {
    CHECK_FALSE(constant_time_equal("secret", other));
    CHECK_FALSE(constant_time_equal(other, "secret"));
  }
}

TEST_CASE("the digest is FNV-1a", "[base][text]") {
  // The reference vectors of its authors.
  CHECK(fnv1a("") == 0xcbf29ce484222325ULL);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cULL);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8ULL);
  CHECK(fnv1a("\xff") != fnv1a("\x7f"));
}
