// SPDX-License-Identifier: AGPL-3.0-or-later
#include "git/branch_claim.hpp"
#include "support/catch.hpp"

using synapse::git::covers;

TEST_CASE("a path covers itself and what is below it, and no neighbour", "[git][covers]") {
  CHECK(covers("src", "src"));
  CHECK(covers("src", "src/a/b"));
  CHECK_FALSE(covers("src", "src2"));
  CHECK_FALSE(covers("src", "srca/b"));
  CHECK_FALSE(covers("src/a", "src"));
}

TEST_CASE("no path and the blank path cover every file", "[git][covers]") {
  CHECK(covers(std::vector<std::string>{}, "x"));
  CHECK(covers(std::vector<std::string>{""}, "x/y"));
  CHECK_FALSE(covers(std::vector<std::string>{"a", "b"}, "c"));
  CHECK(covers(std::vector<std::string>{"a", "b"}, "b/c"));
}

TEST_CASE("a glob covers what it matches and what is below that", "[git][covers]") {
  CHECK(covers("src/*.py", "src/a.py"));
  CHECK_FALSE(covers("src/*.py", "src/a.pyc"));
  CHECK_FALSE(covers("src/*.py", "src/deep/a.py"));
  CHECK(covers("*", "src/deep/a.py"));
  CHECK(covers("s?c/[ab]", "src/b/x"));
  CHECK_FALSE(covers("s?c/[!ab]", "src/b/x"));
}

TEST_CASE("two stars cover any number of folders", "[git][covers]") {
  CHECK(covers("**/a.py", "a.py"));
  CHECK(covers("src/**/a.py", "src/x/y/a.py"));
  CHECK(covers("src/**/x/**/a", "src/x/x/y/a"));
  CHECK(covers("src/**", "src/x"));
  CHECK_FALSE(covers("src/**/a.py", "src/x/y/b.py"));
  CHECK_FALSE(covers("src/**/x/**/a", "src/y/a/x"));
  CHECK_FALSE(covers("**/a/b", "a/x/b"));
  CHECK(covers("**/a/b", "a/x/a/b"));
}

TEST_CASE("a file's name is a name, whatever characters it has", "[git][covers]") {
  CHECK(covers("app/[id].tsx", "app/[id].tsx"));
  CHECK(covers("app/[id].tsx", "app/i.tsx"));
  CHECK(covers("app/[[]id].tsx", "app/[id].tsx"));
  CHECK(covers("app/[[]id]", "app/[id]/page.tsx"));
  CHECK(covers("app/[{]a,b}", "app/{a,b}/x"));
  CHECK_FALSE(covers("app/[[]id].tsx", "app/i.tsx"));
  CHECK_FALSE(covers("app/i.tsx", "app/[id].tsx"));
  CHECK_FALSE(covers("app/x", "app/*"));
  CHECK(covers("d\xc3\xa9j\xc3\xa0", "d\xc3\xa9j\xc3\xa0/vu\n2"));
}

TEST_CASE("what other tools read as a pattern covers what it contends with", "[git][covers]") {
  CHECK(covers("src/[[:alpha:]]*.c", "src/main.c"));
  CHECK(covers("src/\\[x\\].c", "src/[x].c"));
  CHECK(covers("src/**.c", "src/a/b.c"));
  CHECK_FALSE(covers("src/**.c", "src/a/b.h"));
  CHECK_FALSE(covers("src/**.c", "lib/a.c"));
}
