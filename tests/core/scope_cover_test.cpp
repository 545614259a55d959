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
  using Paths = std::vector<std::string>;
  CHECK(scope_covers(Paths{}, Paths{"a"}));
  CHECK(scope_covers(Paths{}, Paths{}));
  CHECK(scope_covers(Paths{""}, Paths{}));
  CHECK(scope_covers(Paths{"a", "b"}, Paths{"b/c", "a"}));
  CHECK_FALSE(scope_covers(Paths{"a", "b"}, Paths{"a", "c"}));
  CHECK_FALSE(scope_covers(Paths{"a"}, Paths{}));
}
