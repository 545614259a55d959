// SPDX-License-Identifier: AGPL-3.0-or-later
#include "base/shell_quote.hpp"

#include "support/catch.hpp"

using synapse::base::shell_quoted;

TEST_CASE("a word is quoted only where a shell would take it for something else",
          "[base][shell_quote]") {
  for (const char* plain : {"plain-1", "/usr/bin/a.b", "shop/alice", "A=1,2", "x@y:z%+"}) {
    CHECK(shell_quoted(plain) == plain);
  }
  CHECK(shell_quoted("") == "''");
  CHECK(shell_quoted("a b") == "'a b'");
  CHECK(shell_quoted("$HOME") == "'$HOME'");
  CHECK(shell_quoted("it's") == R"('it'\''s')");
  CHECK(shell_quoted("~") == "'~'");
  CHECK(shell_quoted("\xc3\xa9") == "'\xc3\xa9'");
}
