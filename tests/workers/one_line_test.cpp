// SPDX-License-Identifier: AGPL-3.0-or-later
#include "workers/one_line.hpp"

#include "support/catch.hpp"

using namespace synapse::workers;

TEST_CASE("white space and control characters collapse to one space", "[workers][text]") {
  CHECK(one_line(" a \n\n b\tc ", 100) == "a b c");
  CHECK(one_line("a\x1b[2J\u00a0\u2003b", 100) == "a [2J b");
  CHECK(one_line(" \n ", 100).empty());
}

TEST_CASE("a line that had to be cut says so, within its length", "[workers][text]") {
  CHECK(shortened_line("abcd", 4) == "abcd");
  CHECK(shortened_line("abcde", 4) == "abc…");
  CHECK(shortened_line("ab cde", 4) == "ab…");
  CHECK(shortened_line("äöüß", 3) == "äö…");
  CHECK(shortened_line("abc   ", 3) == "abc");
}

TEST_CASE("a line is cut between characters, and never ends in a space", "[workers][text]") {
  CHECK(one_line("äöü", 2) == "äö");
  CHECK(one_line("ab cd", 3) == "ab");
  CHECK(one_line("ab cd", 4) == "ab c");
  CHECK(one_line("abc", 3) == "abc");
  CHECK(first_characters("ä ö\nü", 4) == "ä ö\n");
  CHECK(first_characters("ab", 9) == "ab");
}

TEST_CASE("length is in characters without the space around", "[workers][text]") {
  CHECK(trimmed_length("  äöü ") == 3);
  CHECK(trimmed_length("") == 0);
}

TEST_CASE("a word is found by itself, in any case", "[workers][text]") {
  CHECK(holds_word("Please PROVE it", "prove"));
  CHECK(holds_word("(proof)", "proof"));
  CHECK(holds_word("design/layout", "design"));
  CHECK(holds_word("a trade-off", "trade-off"));
  CHECK(holds_word("proofread the proof", "proof"));
}

TEST_CASE("a word is not found inside another", "[workers][text]") {
  CHECK_FALSE(holds_word("improve it", "prove"));
  CHECK_FALSE(holds_word("proofs", "proof"));
  CHECK_FALSE(holds_word("bullet-proof", "proof"));
  CHECK_FALSE(holds_word("proof_of", "proof"));
  CHECK_FALSE(holds_word("épreuve proofé", "proof"));
  CHECK_FALSE(holds_word("anything", ""));
}
