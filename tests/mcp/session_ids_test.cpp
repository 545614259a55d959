// SPDX-License-Identifier: AGPL-3.0-or-later
#include "mcp/session_ids.hpp"

#include <algorithm>

#include "mcp/header_text.hpp"
#include "support/catch.hpp"

using namespace synapse::mcp;

TEST_CASE("another run of the same server knows a session's id and its revision", "[mcp][ids]") {
  const SessionIds before("key", "127.0.0.1:1");
  const SessionIds after("key", "127.0.0.1:1");
  for (const Revision& revision : revisions()) {
    const std::string id = before.draw(revision);
    CHECK(after.earlier(id) == &revision);
    // Its own it knows by other means.
    CHECK(before.earlier(id) == nullptr);
    CHECK(std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; }));
  }
  CHECK(before.draw(newest_revision()) != before.draw(newest_revision()));
}

TEST_CASE("an id that this server did not give out is no session's", "[mcp][ids]") {
  const SessionIds before("key", "127.0.0.1:1");
  const std::string id = before.draw(newest_revision());
  const SessionIds after("key", "127.0.0.1:1");
  REQUIRE(after.earlier(id) != nullptr);
  CHECK(SessionIds("other", "127.0.0.1:1").earlier(id) == nullptr);
  CHECK(SessionIds("key", "127.0.0.1:2").earlier(id) == nullptr);
  CHECK(SessionIds("", "127.0.0.1:1").earlier(id) == nullptr);
  for (std::size_t i = 0; i < id.size(); ++i) {
    std::string forged = id;
    forged[i] = forged[i] == '0' ? '1' : '0';
    CHECK(after.earlier(forged) == nullptr);
  }
  for (const char* text : {"", ".", "...", "2025-11-25", "2025-11-25.a.b.c"}) {
    CHECK(after.earlier(text) == nullptr);
  }
}

TEST_CASE("a header's text is trimmed, and decoded where it is encoded", "[mcp][headers]") {
  CHECK(header_text("  plain ") == "plain");
  CHECK(header_text("=?base64?w6TDtg==?=") == "äö");
  CHECK(header_text("=?BASE64?YQ==?=") == "a");
  CHECK(header_text("=?base64?"
                    "?=") == "");
  CHECK(header_text("=?base64?") == "=?base64?");
  CHECK_FALSE(header_text("=?base64?w6TDtg?="));
  CHECK_FALSE(header_text("=?base64?!!!!?="));
  CHECK_FALSE(header_text("=?base64?/w==?="));
}
