// SPDX-License-Identifier: AGPL-3.0-or-later
#include "core/file_name.hpp"

#include <array>
#include <string>
#include <string_view>

#include "core/scope.hpp"
#include "core/scope_cover.hpp"
#include "support/catch.hpp"

using namespace synapse::core;

namespace {

constexpr std::array odd_names{
    "[id]",  "[...slug]", "[[...all]]", "*",    "**",   "a?",     "@(a).c",
    "{a,b}", "a{",        "back\\s",    "**.c", "+(x",  "[]]",    "[!a]",
    "[",     "x[[:a:]]",  "[[]id]",     "[*]",  "[\\]", "a[(]b?", "d\xc3\xa9[j]\xc3\xa0",
    "?(*"};

}  // namespace

TEST_CASE("a quoted path is no pattern, and reads back as it was", "[core][scope]") {
  for (const std::string name : odd_names) {
    INFO(name);
    const std::string path = "src/" + name + "/page.tsx";
    const std::string quoted = quoted_path(path);
    CHECK_FALSE(is_pattern(quoted));
    CHECK(literal_part(quoted) == quoted);
    CHECK(normalise_path(quoted) == quoted);
    CHECK(unquoted(quoted) == path);
  }
  CHECK(quoted_path("app/[id]/page.tsx") == "app/[[]id]/page.tsx");
  CHECK(quoted_path("a[b]?*") == "a[[]b][?][*]");
}

TEST_CASE("what reads as no pattern is quoted by nothing", "[core][scope]") {
  for (const char* plain : {"", "/", "a/b.c", "app/(auth)/x.tsx", "{id}/x", "src//x/"}) {
    INFO(plain);
    CHECK(quoted_path(plain) == plain);
    CHECK(unquoted(plain) == plain);
  }
  // Each name has one spelling; these are patterns like any other.
  for (const char* pattern : {"[a]b", "x[(]y", "[[]a]*", "[[", "[[][", "[]", "[*", "*[*]"}) {
    INFO(pattern);
    CHECK(is_pattern(pattern));
    CHECK(unquoted(pattern) == pattern);
  }
}

TEST_CASE("a quoted name contends with itself, and with patterns that match it", "[core][scope]") {
  for (const std::string name : odd_names) {
    for (const std::string other : odd_names) {
      INFO(name << " " << other);
      CHECK(paths_contend(quoted_path(name), quoted_path(other)) == (name == other));
    }
    INFO(name);
    // A pattern stands for its own text, too; what is quoted already is another name.
    CHECK(paths_contend(quoted_path(name), name) == !is_quoted(name));
    CHECK(paths_contend(name, quoted_path(name) + "/below") == !is_quoted(name));
    CHECK(paths_contend(quoted_path(name), "*"));
    CHECK(paths_contend(quoted_path(name), "**/below"));
    CHECK_FALSE(paths_contend(quoted_path(name), "other"));
    CHECK(path_covers("*", quoted_path(name)));
    CHECK(path_covers(quoted_path(name), quoted_path(name) + "/below"));
    CHECK_FALSE(path_covers(quoted_path(name), "i"));
  }
  CHECK_FALSE(paths_contend(quoted_path("app/[id].c"), "app/i.c"));
  CHECK(paths_contend("app/[id].c", "app/i.c"));
  CHECK_FALSE(paths_contend(quoted_path("[id]"), quoted_path("[userId]")));
  CHECK(paths_contend(quoted_path("[id].c"), "[[]*.c"));
  CHECK_FALSE(paths_contend(quoted_path("[id].c"), "[[]*.h"));
}
