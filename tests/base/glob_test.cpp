// SPDX-License-Identifier: AGPL-3.0-or-later
#include <string>

#include "base/glob.hpp"
#include "support/catch.hpp"

namespace {

using synapse::base::glob_match;

struct Row {
  const char* pattern;
  const char* yes;  // A text that matches.
  const char* no;   // One that does not.
};

}  // namespace

TEST_CASE("a glob matches what it describes and nothing beside it", "[base][glob]") {
  const Row rows[] = {
      {"", "", "a"},
      {"abc", "abc", "abcd"},
      {"abc", "abc", "ABC"},  // Case counts.
      {"?", "a", ""},
      {"?", "\xc3\xa9", "ab"},  // One character, not one byte.
      {"a?c", "abc", "ac"},
      {"*", "", nullptr},
      {"*", "a/b/c", nullptr},  // A star crosses slashes: names, not paths.
      {"a*", "a", "b"},
      {"*a", "bba", "ab"},
      {"proj/*", "proj/a/b", "project/a"},
      {"a*b*c", "aXbYbc", "acb"},
      {"**", "x", nullptr},
      {"*?", "a", ""},
      {"[abc]", "b", "d"},
      {"[a-c]x", "bx", "dx"},
      {"[!a]", "b", "a"},
      {"[^a]", "b", "a"},
      {"[!a-c]", "d", "b"},
      {"[!a]", "\xe2\x82\xac", ""},  // A class takes one character of any length.
      {"[]]", "]", "["},
      {"[]a]", "a", "b"},
      {"[!]]", "a", "]"},
      {"[a-]", "-", "b"},
      {"[-a]", "-", "b"},
      {"[z-a]*", nullptr, "m"},  // Backwards: no character at all.
      {"[*]", "*", "a"},
      {"[?]", "?", "a"},
      {"a[b", "a[b", "ab"},  // Never closed: a bracket.
      {"[", "[", "a"},
      {"[!", "[!", "a"},
      {"]", "]", "["},
      {"[a]*[b]", "a--b", "a--c"},
  };
  for (const Row& row : rows) {
    INFO("pattern " << row.pattern);
    if (row.yes != nullptr) CHECK(glob_match(row.pattern, row.yes));
    if (row.no != nullptr) CHECK_FALSE(glob_match(row.pattern, row.no));
  }
}

TEST_CASE("a glob comes back to its last star as often as it must", "[base][glob]") {
  CHECK(glob_match("*ab*ab", "abxababab"));
  CHECK(glob_match("*aab", "aaaaaab"));
  CHECK_FALSE(glob_match("*aab", "aaaaaaba"));
  CHECK(glob_match("a*[x]c", "axbxc"));
}

TEST_CASE("a glob full of stars is quick on a text that almost matches", "[base][glob]") {
  std::string pattern;
  for (int i = 0; i < 64; ++i) pattern += "*a";
  pattern += "*b";
  // Trying every way to share the letters out among the stars would not end.
  CHECK_FALSE(glob_match(pattern, std::string(4096, 'a')));
  CHECK(glob_match(pattern, std::string(4096, 'a') + "b"));
}
