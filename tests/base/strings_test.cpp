// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/strings.hpp"

#include "support/catch.hpp"

using namespace synapse::base;
using namespace std::string_literals;

TEST_CASE("white space goes from both ends and stays inside", "[base][strings]") {
  CHECK(trim("  a b\t\r\n") == "a b");
  CHECK(trim("\v\fa") == "a");
  CHECK(trim("") == "");
  CHECK(trim(" \n ") == "");
  CHECK(trimmed(" a ") == "a"s);
}

TEST_CASE("Unicode's own spaces are white space and its letters are not", "[base][strings]") {
  CHECK(trim("\xc2\xa0x\xe3\x80\x80") == "x");  // No-break space, ideographic space.
  CHECK(trim("\xe2\x80\xa8x\xe2\x80\xa9\xe1\x9a\x80") == "x");  // Line, paragraph, ogham.
  CHECK(trim("\xc3\xa9") == "\xc3\xa9");
  CHECK(trim("\xe2\x80\x8bx") == "\xe2\x80\x8bx");  // The zero-width space is none.
}

TEST_CASE("trimming leaves broken bytes at the ends alone", "[base][strings]") {
  CHECK(trim(" \xff \x80 ") == "\xff \x80");
  CHECK(trim("\xa0") == "\xa0");  // The no-break space's code, but no UTF-8.
  CHECK(trim("x\xc2") == "x\xc2");
}

TEST_CASE("only ASCII letters become lower case", "[base][strings]") {
  CHECK(to_lower("CHAT_Request1") == "chat_request1");
  CHECK(to_lower("\xc3\x89") == "\xc3\x89");
}

TEST_CASE("splitting keeps empty parts and joining puts them back", "[base][strings]") {
  CHECK(split("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
  CHECK(split("", ',') == std::vector<std::string_view>{""});
  CHECK(join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(join({}, ", ").empty());
  CHECK(join({"same", "same"}, "/") == "same/same");
}
