// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/scope.hpp"

#include "support/catch.hpp"

namespace {

using namespace synapse::core;
using Paths = std::vector<std::string>;

bool contend(std::string_view a, std::string_view b) {
  const bool one_way = paths_contend(a, b);
  REQUIRE(paths_contend(b, a) == one_way);
  return one_way;
}

Paths numbered(std::size_t count, const std::string& before, const std::string& after = "") {
  Paths paths;
  for (std::size_t i = 0; i < count; ++i) paths.push_back(before + std::to_string(i) + after);
  return paths;
}

}  // namespace

TEST_CASE("a path is normalised as the protocol says", "[core][scope]") {
  const std::pair<const char*, const char*> rows[] = {
      {"src/app", "src/app"},
      {"./docs//guide/", "docs/guide"},
      {"x/../y", "y"},
      {"a/./b", "a/b"},
      {"/abs/path", "abs/path"},
      {"  src/a.py \n", "src/a.py"},
      {"../outside/x", "../outside/x"},
      {"../../x", "../../x"},
      {"a/../../b", "../b"},
      {"a/b/../../..", ".."},
      {"..", ".."},
      {".", ""},
      {"/", ""},
      {"", ""},
      {"a/..", ""},
      {"a/...", "a/..."},
      {"a b/c", "a b/c"},
      {"src/*/../x", "src"},
      {"a/**/../b", "a"},
      {"*/../b", ""},
      {"a/[xy]/c/../d", "a/[xy]/d"},
      {"a/x{1,2}/../b", "a"},
      {"src/**/*.cpp", "src/**/*.cpp"},
  };
  for (const auto& [given, normal] : rows) {
    INFO(given);
    CHECK(normalise_path(given) == normal);
    CHECK(normalise_path(normal) == normal);
  }
}

TEST_CASE("a scope keeps its order and drops duplicates", "[core][scope]") {
  const Limits limits;
  CHECK(normalise_scope({"a", "a/", "./a", "b", "x/../a"}, limits) == Paths{"a", "b"});
  CHECK(normalise_scope({}, limits).empty());
  CHECK(normalise_scope({"a", "."}, limits) == Paths{""});
  CHECK(normalise_scope({"", "src"}, limits) == Paths{""});
}

TEST_CASE("too many distinct paths widen a scope to its worktree", "[core][scope]") {
  const Limits limits;
  CHECK(normalise_scope(numbered(512, "f"), limits).size() == 512);
  CHECK(normalise_scope(numbered(513, "f"), limits) == Paths{""});
  Paths repeated = numbered(512, "f");
  repeated.insert(repeated.end(), 512, "./f7");
  CHECK(normalise_scope(repeated, limits).size() == 512);
}

TEST_CASE("a path that is too long or unprintable widens its scope to the worktree",
          "[core][scope]") {
  const Limits limits;
  const std::string longest(4096, 'x');
  CHECK(normalise_scope({longest}, limits) == Paths{longest});
  CHECK(normalise_scope({"fine", longest + "x"}, limits) == Paths{""});
  // Characters, not bytes.
  std::string wide;
  for (int i = 0; i < 4096; ++i) wide += "\xc3\xa9";
  CHECK(normalise_scope({wide}, limits) == Paths{wide});
  CHECK(normalise_scope({"bad\apath", "fine"}, limits) == Paths{""});
  CHECK(normalise_scope({"turned\xe2\x80\xae"}, limits) == Paths{""});
  // What is trimmed away is no part of the path: the line feed of a list of files, say.
  CHECK(normalise_scope({"src/a.py\n"}, limits) == Paths{"src/a.py"});
}

TEST_CASE("patterns past their limits cover all below their literal part", "[core][scope]") {
  const Limits limits;
  CHECK(normalise_scope(numbered(32, "d/", "*"), limits) == numbered(32, "d/", "*"));
  Paths many = numbered(33, "d/", "*");
  many.insert(many.end(), {"e/f/*.c", "plain"});
  Paths expected = numbered(32, "d/", "*");
  expected.insert(expected.end(), {"d", "e/f", "plain"});
  CHECK(normalise_scope(many, limits) == expected);
  many.emplace_back("*");  // Then that is all of the worktree.
  CHECK(normalise_scope(many, limits) == Paths{""});

  const std::string longest = "d/*" + std::string(253, 'x');
  CHECK(normalise_scope({longest}, limits) == Paths{longest});
  CHECK(normalise_scope({longest + "x"}, limits) == Paths{"d"});
  // A pattern that is given again is no other pattern.
  const Paths again(100, "d/*");
  CHECK(normalise_scope(again, limits) == Paths{"d/*"});
}

TEST_CASE("the literal part is what stands before the first pattern", "[core][scope]") {
  CHECK(literal_part("src/core/*.cpp") == "src/core");
  CHECK(literal_part("src/[ab]/x") == "src");
  CHECK(literal_part("**/x") == "");
  CHECK(literal_part("src/core") == "src/core");
  CHECK(literal_part("") == "");
  // Each sign by itself is enough.
  for (const char* last : {"*", "a?", "[ab]", "{a,b}", "+(a)", "a\\b"}) {
    INFO(last);
    CHECK(literal_part(std::string("src/") + last) == "src");
    CHECK(is_pattern(std::string("src/") + last));
  }
}

TEST_CASE("a path covers itself and all below it", "[core][scope]") {
  CHECK(contend("src/app", "src/app"));
  CHECK(contend("src/app", "src/app/main.py"));
  CHECK(contend("src", "src/app/main.py"));
  CHECK_FALSE(contend("src/app", "src/application"));
  CHECK_FALSE(contend("src/app", "src/lib"));
  CHECK_FALSE(contend("src/app", "app"));
  CHECK_FALSE(contend("../outside", "outside"));
  CHECK(contend("", "anything/at/all"));
  CHECK(contend("", "**"));
}

TEST_CASE("a glob contends with what it can match and with all below a match", "[core][scope]") {
  CHECK(contend("src/*.cpp", "src/main.cpp"));
  CHECK_FALSE(contend("src/*.cpp", "src/main.hpp"));
  CHECK_FALSE(contend("src/*.cpp", "src/core/main.cpp"));  // A star stays in its segment.
  CHECK(contend("src/*", "src/core/main.cpp"));            // But covers what lies below its match.
  CHECK(contend("src/*.cpp", "src"));
  CHECK(contend("*/main.cpp", "src"));
  CHECK_FALSE(contend("*/main.cpp", "src/other.cpp"));
  CHECK(contend("src/?.c", "src/[ab].c"));
  CHECK(contend("src/a*", "src/*b"));
  CHECK_FALSE(contend("src/a*/x", "src/b*/x"));
  CHECK_FALSE(contend("src/*/x", "src/*/y"));
  CHECK(contend("src/*/x", "src/*"));
}

TEST_CASE("two stars cross segments", "[core][scope]") {
  CHECK(contend("**/*.cpp", "src/core/main.cpp"));
  CHECK(contend("src/**/x", "src/x"));
  CHECK(contend("src/**/x", "src/a/b/c"));
  CHECK_FALSE(contend("src/**/x", "lib/x"));
  CHECK_FALSE(contend("src/**", "lib/**"));
  CHECK(contend("a/**/b", "a/c/**/d"));
  // Below any folder there can be a file of the name, so the folder's claim is in its way.
  CHECK(contend("**/*.md", "src/core"));
  // Only as a segment of its own.
  CHECK_FALSE(contend("src/a**", "src/b/a"));
  CHECK(contend("src/a**", "src/abc"));
}

TEST_CASE("a scope contends when one of its paths does", "[core][scope]") {
  CHECK(scopes_contend({"a", "b"}, {"c", "b/x"}));
  CHECK_FALSE(scopes_contend({"a", "b"}, {"c", "d"}));
  CHECK(scopes_contend({}, {"a"}));
  CHECK(scopes_contend({}, {}));
  CHECK(scopes_contend({"a", ""}, {"z"}));
}

TEST_CASE("notation that may lead through folders contends with all below", "[core][scope]") {
  CHECK(contend("src/**.c", "src/a/b.c"));
  CHECK(contend("{src/a,docs/b}.py", "src/a.py"));
  CHECK(contend("x/@(a/b|c)", "x/a/b"));
  CHECK_FALSE(contend("src/**.c", "lib/a.c"));
  CHECK(contend(normalise_path("a/**/../b"), "a/x/b"));
}
