// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/utf8.hpp"

#include "support/catch.hpp"

using namespace synapse::base;

TEST_CASE("UTF-8 is accepted in its shortest form only", "[base][utf8]") {
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

TEST_CASE("surrogates are not characters", "[base][utf8]") {
  CHECK_FALSE(is_valid_utf8("\xed\xa0\x80"));
  CHECK_FALSE(is_valid_utf8("\xed\xbf\xbf"));
}

TEST_CASE("code points come one a character, broken bytes one each", "[base][utf8]") {
  CHECK(code_points("a\xc3\xa9\xf0\x9f\x92\xa9") == U"a\u00e9\U0001f4a9");
  CHECK(code_points("\xffz\xe2\x82") == U"\ufffdz\ufffd\ufffd");
}
