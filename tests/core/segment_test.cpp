// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/segment.hpp"

#include <functional>
#include <random>

#include "support/catch.hpp"
#include "support/seed.hpp"

namespace {

using synapse::core::Segment;

bool meet(std::string_view a, std::string_view b) {
  const bool one_way = Segment(a).meets(Segment(b));
  // It is one question, whoever asks it.
  REQUIRE(Segment(b).meets(Segment(a)) == one_way);
  return one_way;
}

// The language of a pattern of letters, `*` and `?` over names of a and b up to a length, by
// recursion.
bool matches(std::string_view pattern, std::string_view name) {
  if (pattern == name) return true;
  if (pattern.empty()) return false;
  if (pattern[0] == '*') {
    return matches(pattern.substr(1), name) || (!name.empty() && matches(pattern, name.substr(1)));
  }
  if (name.empty() || (pattern[0] != '?' && pattern[0] != name[0])) return false;
  return matches(pattern.substr(1), name.substr(1));
}

std::vector<std::string> names(std::size_t length_max) {
  std::vector<std::string> all{""};
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].size() == length_max) break;
    for (const char c : {'a', 'b'}) all.push_back(all[i] + c);
  }
  return all;
}

}  // namespace

TEST_CASE("two names meet when they are the same", "[core][segment]") {
  CHECK(meet("main.cpp", "main.cpp"));
  CHECK_FALSE(meet("main.cpp", "main.hpp"));
  CHECK_FALSE(meet("main", "main.cpp"));
  CHECK_FALSE(meet("Main", "main"));
}

TEST_CASE("a pattern meets the names that it matches", "[core][segment]") {
  CHECK(meet("*.cpp", "main.cpp"));
  CHECK_FALSE(meet("*.cpp", "main.hpp"));
  CHECK(meet("ma?n", "main"));
  CHECK_FALSE(meet("ma?n", "man"));
  CHECK(meet("?", "\xc3\xa9"));
  CHECK(meet("[a-c]x", "bx"));
  CHECK_FALSE(meet("[a-c]x", "dx"));
  CHECK(meet("[!a-c]x", "dx"));
  CHECK_FALSE(meet("[!a-c]x", "bx"));
  CHECK(meet("[]]", "]"));
  CHECK(meet("*a*b", "xaxb"));
  CHECK_FALSE(meet("*a*b", "xbxa"));
  CHECK_FALSE(meet("ab*ba", "aba"));  // The ends may not overlap.
  CHECK(meet("ab*ba", "abba"));
  CHECK_FALSE(meet("a*b*b", "ab"));
}

TEST_CASE("two patterns meet when some name matches both", "[core][segment]") {
  CHECK(meet("*.cpp", "main.*"));
  CHECK_FALSE(meet("*.cpp", "*.hpp"));
  CHECK(meet("a*", "*b"));
  CHECK_FALSE(meet("a*", "b*"));
  CHECK(meet("a*c", "ab*"));
  CHECK(meet("??", "a*"));
  CHECK_FALSE(meet("?", "a*b"));
  CHECK(meet("[a-m]*", "[k-z]*"));
  CHECK_FALSE(meet("[a-j]*", "[k-z]*"));
  CHECK(meet("*x*", "*y*"));  // xy.
}

TEST_CASE("a pattern is also the name that it spells", "[core][segment]") {
  CHECK(meet("[slug].tsx", "[slug].tsx"));
  CHECK(meet("[slug].tsx", "*.tsx"));
  CHECK(meet("[slug].tsx", "[[]slug[]].tsx"));
  CHECK(meet("[slug].tsx", "s.tsx"));  // And the class that it is to a shell.
  CHECK_FALSE(meet("[slug].tsx", "slug.tsx"));
  CHECK_FALSE(meet("[slug].tsx", "[id].tsx"));  // s, l, u, g against i, d: no name in common.
  CHECK(meet("a?", "a\?"));
}

TEST_CASE("what opens a class and never closes it is a name with a bracket", "[core][segment]") {
  CHECK(meet("a[b", "a[b"));
  CHECK(meet("a[b", "a*"));
  CHECK_FALSE(meet("a[b", "ab"));
  CHECK_FALSE(meet("[", "a"));
  CHECK(meet("[!", "[?"));
}

TEST_CASE("on doubt two segments meet", "[core][segment]") {
  CHECK(meet("[!a]", "[!b]"));
  CHECK(meet("[!a]", "[a]"));  // In truth they share no name.
  const std::string too_long(300, 'x');
  CHECK(meet("*.cpp", too_long));  // No file system has such a name.
  CHECK_FALSE(meet("*.cpp", std::string(255, 'x')));
  CHECK_FALSE(meet(too_long, too_long + "y"));  // Names are compared as they are.
}

TEST_CASE("whether patterns meet agrees with listing their names", "[core][segment]") {
  const auto seed = static_cast<std::uint32_t>(synapse::test::first_seed());
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto pick = [&random](std::size_t count) { return random() % count; };
  const std::vector<std::string> all = names(8);
  std::size_t met = 0;
  for (int round = 0; round < 1'000; ++round) {
    // At most four characters a side, so that a common name is at most eight long.
    std::string sides[2];
    for (std::string& side : sides) {
      for (std::size_t i = 1 + pick(4); i > 0; --i) {
        const char next = "aabb**?"[pick(7)];
        // Two stars in a row are a doubt: see below.
        if (next != '*' || !side.ends_with('*')) side += next;
      }
    }
    bool shared = sides[0] == sides[1];
    for (const std::string& name : all) {
      shared = shared || (matches(sides[0], name) && matches(sides[1], name));
    }
    // Their own texts count as names too.
    shared = shared || matches(sides[0], sides[1]) || matches(sides[1], sides[0]);
    INFO(sides[0] << " and " << sides[1]);
    CHECK(meet(sides[0], sides[1]) == shared);
    met += shared ? 1 : 0;
  }
  CHECK(met > 100);
  CHECK(met < 900);
}

TEST_CASE("notation that is a pattern elsewhere meets whatever it could mean", "[core][segment]") {
  CHECK(meet("[[:alpha:]]*.c", "main.c"));
  CHECK(meet("[^[:space:]]", "x"));
  CHECK(meet("[[.a.]].c", "a.c"));
  CHECK(meet("\\[x\\].c", "[x].c"));
  CHECK(meet("@(a|b).c", "a.c"));
  CHECK(meet("!(a).c", "b.c"));
  CHECK(meet("{a,b}.c", "a.c"));
  CHECK(meet("x{1..3}", "x2"));
  // What stands before it is still read.
  CHECK_FALSE(meet("lib\\x", "src"));
  CHECK_FALSE(meet("lib{a,b}", "liz"));
}

TEST_CASE("a name with brackets of another kind is a name", "[core][segment]") {
  for (const char* name :
       {"{id}", "{{cookiecutter}}", "(group)", "+page", "a(1)", "[:id]", "a@b"}) {
    INFO(name);
    CHECK_FALSE(meet(name, "x"));
    CHECK(meet(name, name));
  }
}
