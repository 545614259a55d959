// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/scope_cover.hpp"

#include "support/catch.hpp"

using namespace synapse::core;

TEST_CASE("a path covers itself, what is below it and what its pattern surely matches",
          "[core][scope_cover]") {
  for (const auto& [outer, inner] :
       std::initializer_list<std::pair<const char*, const char*>>{{"", ""},
                                                                  {"", "a/*"},
                                                                  {"a", "a"},
                                                                  {"a", "a/b/c"},
                                                                  {"a/*", "a/b/c"},
                                                                  {"a/*", "a/*.c"},
                                                                  {"**", "a"},
                                                                  {"a/**", "a"},
                                                                  {"*.c", "x.c"},
                                                                  {"*.c", "*.c"},
                                                                  {"src/*.c/x", "src/*.c/x"},
                                                                  {"a/**/b", "a/**/b"}}) {
    INFO(outer << " and " << inner);
    CHECK(path_covers(outer, inner));
  }
  for (const auto& [outer, inner] :
       std::initializer_list<std::pair<const char*, const char*>>{{"a", ""},
                                                                  {"a", "b"},
                                                                  {"a/b", "a"},
                                                                  {"a", "ab"},
                                                                  {"a", "*"},
                                                                  {"*.c", "*"},
                                                                  {"*.c", "x.h"},
                                                                  {"a/*", "a"},
                                                                  {"*", "**"},
                                                                  {"{a,b}", "a"},
                                                                  {"a/**/b", "a/x/b"}}) {
    INFO(outer << " and " << inner);
    CHECK_FALSE(path_covers(outer, inner));
  }
}

TEST_CASE("a scope covers another if each of its paths is covered", "[core][scope_cover]") {
  using List = std::vector<std::string>;
  const auto covers = [](const List& outer, const List& inner) {
    return ScopeCover(outer).covers(inner);
  };
  CHECK(covers({}, {"a"}));
  CHECK(covers({}, {}));
  CHECK(covers({""}, {}));
  CHECK(covers({"a", "b"}, {"b/c", "a"}));
  CHECK(covers({"x/*.c", "b"}, {"x/y.c", "b/*/z"}));
  CHECK_FALSE(covers({"a", "b"}, {"a", "c"}));
  CHECK_FALSE(covers({"a/b"}, {"a"}));
  CHECK_FALSE(covers({"a"}, {"a-b"}));
  CHECK_FALSE(covers({"a"}, {}));
}

TEST_CASE("a scope of patterns is tried a bounded number of times, and then on the careful side",
          "[core][scope_cover]") {
  const std::vector<std::string> outer{"*.c", "lit"};
  ScopeCover cover(outer);
  std::size_t covered = 0;
  for (int i = 0; i < 10'000; ++i) covered += cover.covers("x.c") ? 1 : 0;
  CHECK(covered == 4096);
  CHECK(cover.covers("lit/x"));
}
